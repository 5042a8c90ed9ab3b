"""Decode hostile bytes in a jailed worker: still images, video frames, EXIF."""
