"""Reads the free text of reports: which situations it asserts, and whether a child may be in danger now."""
