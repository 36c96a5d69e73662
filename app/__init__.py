"""The screen: the window and the command line. Owns no science.

May import core, which never imports it.
"""
