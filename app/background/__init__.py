"""Work beside the window's thread: one Job type, and the jobs that are made of it."""
