"""The drawing of each figure of the memo."""
