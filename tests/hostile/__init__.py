"""A corpus of hostile files, made here, and one scan of all of it."""
