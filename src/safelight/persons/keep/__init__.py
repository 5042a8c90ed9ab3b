"""People, photographs, candidates and verdicts as they lie in the store."""
