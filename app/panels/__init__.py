"""The panels around the picture, their docks, and the table of them.

May import style, shortcuts, session, frames, background, timeline and core.
"""
