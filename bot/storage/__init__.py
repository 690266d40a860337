"""The disk edge: everything that imports `sqlalchemy` or opens a file of the rulebook."""
