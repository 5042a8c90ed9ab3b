"""The exact PDQ index."""
