"""From a photograph to a face with its quality and template."""
