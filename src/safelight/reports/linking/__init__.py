"""Who and what belongs together: links by how rare and how strong an identifier is, in clusters of two scales."""
