"""Everything a user can do: a file per scope with what each action does, the table of all, and their keys.

May import session, background, undo, panels and core; opens dialogs where they are needed; never the window.
"""
