"""Leads with reasons: stacks, priority, bands."""
