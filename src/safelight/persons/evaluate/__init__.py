"""How good an embedder is on photographs whose truth is known: error rates with intervals, by group, and rule 17."""
