"""Undoable commands; every change to a label is one.

May import session and core.
"""
