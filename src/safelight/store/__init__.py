"""Tables and migrations, encrypted blobs, keys."""
