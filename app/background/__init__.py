"""Work beside the window's thread: one Job type, and the jobs that are made of it.

May import diagnostics, session, undo and core.
"""
