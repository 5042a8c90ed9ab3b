"""Open an exhibit and yield its files: one short file a format; listing the folder is the list of formats."""
