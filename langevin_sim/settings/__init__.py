"""Every option with its default and bounds, and what is built from them."""
