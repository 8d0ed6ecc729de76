"""Many runs over a grid of settings: the grid, what a worker does at a point, the sweep's folder and its index."""
