"""Many runs over a grid of settings: the run at a point, the folder of the sweep, and its table."""
