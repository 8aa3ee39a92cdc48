"""Parameters: declared once, read together, and the table of them in the README."""
