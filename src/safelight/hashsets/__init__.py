"""Lists of known media: one short file a format, and the memory-mapped form they are kept in."""
