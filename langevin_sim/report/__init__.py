"""report.html: one self-contained page for every kind of folder, made only from the folder."""
