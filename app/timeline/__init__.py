"""Curves, marks and coverage over the whole video.

May import style, session, frames, background and core.
"""
