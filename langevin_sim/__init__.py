"""How noisy gradient descent moves on rugged landscapes, with exact laws beside every experiment."""
