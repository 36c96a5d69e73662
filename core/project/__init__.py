"""What is stored: what a human made in SQLite, what is computed in HDF5 shards; people, estimators, recovery.

May import formats and what stands before it, never queries or workflow.
"""
