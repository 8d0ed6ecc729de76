"""A run as a thing on disk: spec, simulation, summary, folder."""
