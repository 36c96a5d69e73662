"""What is on disk: what a human made in SQLite, what was computed in HDF5. Knows no Project."""
