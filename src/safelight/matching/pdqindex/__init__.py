"""An exact index of PDQ hashes: every pair within a Hamming radius, from millions of hashes, memory-mapped."""
