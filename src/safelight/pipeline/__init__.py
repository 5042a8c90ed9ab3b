"""The main job as a pipeline: exhibit, media, signals, matching, leads; killed anywhere, it goes on."""
