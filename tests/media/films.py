"""Small benign films and animations for tests, made in memory."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

import av
import numpy as np
from PIL import Image


@cache
def film(
    format: str = "mp4", seconds: int = 4, rate: int = 15, turn: int = 0, scenes: bool = False, gop: int = 20
) -> bytes:
    """A pattern that drifts; with `scenes`, another one begins in the middle of every tenth second."""
    rng = np.random.default_rng(7)
    grounds = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(
                (640, 480), Image.Resampling.BICUBIC
            )
        )
        for _ in range(5)
    ]
    made = BytesIO()
    with av.open(made, "w", format=format) as container:
        stream: Any = container.add_stream("libvpx" if format == "webm" else "mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.gop_size = gop
        if turn:
            stream.set_display_rotation(turn)
        for number in range(seconds * rate):
            scene = (number + rate * 10 - rate // 2) // (rate * 10) if scenes else 0
            shift = number * 2 % 240
            frame = np.ascontiguousarray(grounds[scene % 5][shift : shift + 240, shift : shift + 320])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return made.getvalue()


@cache
def moving(format: str, frames: int = 12) -> bytes:
    """An animation of 100 ms a frame, each another picture."""
    rng = np.random.default_rng(11)
    pictures = [
        Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(
            (160, 120), Image.Resampling.BICUBIC
        )
        for _ in range(frames)
    ]
    made = BytesIO()
    pictures[0].save(made, format, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return made.getvalue()
