"""Work beside the window's thread: one Job type, and the jobs that are made of it.

May import session, undo, startup and core; never the window.
"""
