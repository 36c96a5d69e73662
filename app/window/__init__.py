"""The main window, the page of a project, its docks, opening and leaving."""
