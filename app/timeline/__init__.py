"""Curves, marks and coverage over the whole video.

May import session, frames, style and core; never the window.
"""
