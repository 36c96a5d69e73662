"""Starting and ending: launch, log, recent projects, the desktop's entry, Ctrl+C."""
