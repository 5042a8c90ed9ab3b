"""Identifiers in their normal form: each kind by its own rules, one file each, so that equal means the same."""
