"""Safelight: the workbench for material about children; it looks so that people need to look less."""

from __future__ import annotations

__all__ = ["__version__", "open"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load the front door only when it is used, so that `import safelight` stays cheap."""
    if name == "open":
        from safelight.workspace import open_workspace

        return open_workspace
    raise AttributeError(name)
