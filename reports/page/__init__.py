"""report.html: a study in one self-contained page."""
