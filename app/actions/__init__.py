"""Everything a user can do: a file per scope with what each action does, and the table of all.

May import all other folders of the screen but window, startup and cli; opens dialogs where they are needed.
"""
