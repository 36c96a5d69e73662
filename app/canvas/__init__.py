"""The picture with the people on it, and what the mouse does there.

May import session, undo, style, frames and core; never the window.
"""
