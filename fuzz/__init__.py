"""Coverage-guided fuzzing of our own parsers: `make fuzz`."""
