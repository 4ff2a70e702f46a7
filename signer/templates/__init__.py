"""Page templates: one folder for each profile and version."""
