"""Undoable commands; every change to a label is one."""
