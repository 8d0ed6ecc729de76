"""One figure a file: reads run folders, never simulates."""
