"""Makes benign sample exhibits and hash lists, so that anyone can try the main job."""
