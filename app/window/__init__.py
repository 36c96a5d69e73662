"""The main window: the page of a project, notices, and what each scope of actions is given.

May import all other folders of the screen but startup and cli; only startup imports it.
"""
