"""Invented reports with a hidden truth, for trying and measuring the desk: no real person, place or text."""
