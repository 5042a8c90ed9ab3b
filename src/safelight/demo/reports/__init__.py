"""Invented reports with a hidden truth: what the report desk is tried and measured on. No real person, place or text."""
