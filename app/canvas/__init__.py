"""The picture with the people on it, and what the mouse does there.

May import style, session, undo, frames and core.
"""
