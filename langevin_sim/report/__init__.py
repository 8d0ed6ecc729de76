"""report.html: one self-contained page for every kind of folder, made from the folder alone."""
