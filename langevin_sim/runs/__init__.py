"""The work of the commands run, resume, rerun and sweep, each with its folder; and the table of the kinds of folder."""
