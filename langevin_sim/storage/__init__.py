"""The run folder: manifest, checkpoint, log, export."""
