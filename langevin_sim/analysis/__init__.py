"""Arrays in, numbers out: occupancies, distances, convergence, verdicts."""
