"""What is asked in a window of its own.

May import style, shortcuts, diagnostics, session, frames, background and core.
"""
