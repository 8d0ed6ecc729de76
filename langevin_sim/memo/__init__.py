"""The memo's toy experiments, one figure a file: their settings, and what to say of what they measure."""
