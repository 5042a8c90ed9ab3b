"""What a signal's value must look like: held against what comes back from a worker that decodes hostile bytes."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat, TypeAdapter, with_config
from typing_extensions import TypedDict

Share = Annotated[FiniteFloat, Field(ge=0, le=1)]
Seconds = Annotated[FiniteFloat, Field(ge=0)] | None
"""Where in a video, None in a still picture."""
Box = Annotated[list[FiniteFloat], Field(min_length=4, max_length=4)]
Text = Annotated[str, Field(max_length=2_000)]

EXACTLY = ConfigDict(extra="forbid")


def check(shape: Any, value: Any) -> None:
    """Raise ValueError unless `value` has exactly this shape; nothing is converted."""
    _adapter(shape).validate_python(value, strict=True)


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


__all__ = ["EXACTLY", "Box", "Seconds", "Share", "Text", "TypedDict", "check", "with_config"]
