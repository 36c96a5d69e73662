"""The networks that a project runs, and estimators as files."""
