"""The command line, installed as langevin_sim.cli: one command per file."""
