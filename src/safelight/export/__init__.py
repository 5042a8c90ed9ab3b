"""Findings out of the house: one short file a format."""
