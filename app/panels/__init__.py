"""The panels around the picture, and the table of them.

May import session, background, frames, actions, style, startup and core; never the window.
"""
