"""What is asked in a window of its own.

May import session, style, background, frames, actions, startup and core; never the main window.
"""
