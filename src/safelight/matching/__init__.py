"""Find near things fast: exact digests and Hamming distance."""
