"""Media to signal: pure functions over batches of decoded pictures."""
