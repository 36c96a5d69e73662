"""Everything a user can do: the table, its keys, and what each entry does, one file per scope."""
