"""Network experiments as things on disk: their settings, and the texts that are made of their results. Needs no torch."""
