"""What the desk does with them: enrol, compare, decide, account for it."""
