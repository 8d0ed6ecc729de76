"""One update rule a file, all of one signature (block.STEP)."""
