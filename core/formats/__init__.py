"""What other tools write and read, as pure functions: one file per format.

Knows nothing of projects. May import evaluation and what stands before it.
"""
