"""The main window: the page of a project, its docks, notices, and what each scope of actions is given.

May import everything in app but cli; only startup imports it.
"""
