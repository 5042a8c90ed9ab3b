"""Draw benign pictures that look like something: landscapes, towns, still lives, charts, materials, patterns.

Every picture follows from its kind and seed alone. Nobody is in any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Field = NDArray[np.float32]
_SKIES = (
    ((92, 148, 214), (214, 232, 246)),
    ((38, 60, 120), (244, 168, 110)),
    ((120, 132, 150), (206, 208, 212)),
    ((70, 50, 110), (250, 190, 150)),
    ((14, 20, 48), (60, 78, 124)),
)


def landscape(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Hills behind hills under a sky, sometimes with water in front."""
    top, bottom = (np.array(c, np.float32) for c in _SKIES[int(rng.integers(len(_SKIES)))])
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    picture = np.broadcast_to(top + (bottom - top) * rows, (height, width, 3)).copy()
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sun = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.4) * height
    far = np.hypot(x - sun[0], y - sun[1]) / height
    picture += (np.exp(-far * 9) * 120 + (far < 0.035) * 90)[..., None]
    clouds = np.clip(_noise(rng, width, height, 5) - 0.52, 0, 1) * 2.2
    picture += clouds[..., None] * (245 - picture) * rng.uniform(0.2, 0.9)
    shade = (0.85 + 0.3 * _noise(rng, width, height, 5))[..., None]
    hue = np.array([rng.uniform(30, 110), rng.uniform(60, 130), rng.uniform(40, 120)], np.float32)
    ridges = int(rng.integers(3, 6))
    for number in range(ridges):
        near = (number + 1) / ridges
        base = height * (0.35 + 0.45 * near)
        ridge = base + (_profile(rng, width) - 0.5) * height * rng.uniform(0.25, 0.55) * (1.2 - 0.6 * near)
        colour = hue * (1.15 - 0.75 * near) + (bottom - hue) * (1 - near) * 0.6
        picture = np.where((y > ridge)[..., None], colour.astype(np.float32) * shade, picture)
    if rng.random() < 0.5:
        shore = int(height * rng.uniform(0.66, 0.82))
        mirrored = picture[shore - (height - shore) : shore][::-1]
        ripple = np.sin(y[shore:] * 0.9 + shade[shore:, :, 0] * 30)[..., None] * 5
        picture[shore:] = mirrored * 0.72 + np.array([8, 20, 34]) + ripple
    return _image(picture)


def town(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Rows of houses with windows, by day or by night."""
    night = bool(rng.random() < 0.4)
    top, bottom = _SKIES[4 if night else int(rng.integers(4))]
    image = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(Image.new("RGB", image.size, bottom), Image.new("RGB", image.size, top), image)
    draw = ImageDraw.Draw(image)
    for row in range(3):
        left = -int(rng.integers(0, width // 12))
        ground = int(height * (0.75 + 0.1 * row))
        while left < width:
            wide = int(rng.integers(width // 14, width // 6))
            roof = ground - int(rng.uniform(0.15, 0.6 - 0.1 * row) * height)
            tone = rng.uniform(0.25, 0.5) if night else rng.uniform(0.5, 1.0)
            wall = tuple(int(v * tone) for v in rng.integers(110, 240, 3))
            draw.rectangle((left, roof, left + wide, height), fill=wall)
            if rng.random() < 0.5:
                peak = (left + wide // 2, roof - wide // 3)
                draw.polygon([(left - 4, roof), peak, (left + wide + 4, roof)], fill=(110, 58, 48))
            step = max(10, wide // int(rng.integers(3, 6)))
            for wx in range(left + step // 3, left + wide - step // 3, step):
                for wy in range(roof + step // 3, ground, step):
                    lit = rng.random() < (0.45 if night else 0.1)
                    glass = (250, 220, 130) if lit else (52, 66, 86)
                    draw.rectangle((wx, wy, wx + step // 2, wy + step // 2), fill=glass)
            left += wide + int(rng.integers(0, 8))
    draw.rectangle((0, int(height * 0.95), width, height), fill=(70, 70, 74))
    return _grain(image, rng, 5)


def still_life(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Lit balls and boxes on a table."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wall, table = _colour(rng, 60, 230), _colour(rng, 60, 200)
    horizon = height * rng.uniform(0.4, 0.6)
    grain = _noise(rng, width, height, 5)[..., None]
    picture = np.where((y > horizon)[..., None], table * (0.7 + 0.5 * grain), wall * (0.9 + 0.15 * grain))
    light = np.array([rng.uniform(-0.7, 0.7), -0.6, 0.6], np.float32)
    light /= np.linalg.norm(light)
    for _ in range(int(rng.integers(3, 8))):
        radius = np.float32(rng.uniform(0.06, 0.2) * height)
        cx, cy = np.float32(rng.uniform(0, width)), np.float32(horizon + rng.uniform(-0.1, 0.35) * height)
        dx, dy = (x - cx) / radius, (y - cy) / radius
        shadow = ((dx + light[0]) / 1.4) ** 2 + ((dy - 1) / 0.35) ** 2
        picture *= np.where(shadow < 1, 0.55 + 0.45 * shadow, 1)[..., None].astype(np.float32)
        if rng.random() < 0.65:
            inside = dx * dx + dy * dy < 1
            dz = np.sqrt(np.clip(1 - dx * dx - dy * dy, 0, 1))
            lit = np.clip(dx * light[0] + dy * light[1] + dz * light[2], 0, 1)
            tint = _colour(rng, 40, 255) * (0.25 + 0.8 * lit)[..., None] + (lit**30)[..., None] * 120
        else:
            inside = (abs(dx) < 0.9) & (abs(dy) < 1)
            tint = _colour(rng, 40, 255) * ((0.6 + 0.4 * (dx < 0.2)) * (1 - 0.12 * dy))[..., None]
        picture = np.where(inside[..., None], tint, picture)
    return _image(picture)


def material(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Wood, marble or cloth, close up."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    noise = _noise(rng, width, height, 6)
    kind = int(rng.integers(3))
    if kind == 0:
        value = np.sin((x * rng.uniform(4, 9) + noise * 3) * 7 + y * 2)
    elif kind == 1:
        value = 2 * abs(np.sin((x + y * rng.uniform(-1, 1)) * 5 + noise * 8)) ** 0.4 - 1
    else:
        value = np.sin(x * 160) * np.sin(y * 160) * 0.5 + (noise - 0.5) * 2
    dark, bright = _colour(rng, 20, 120), _colour(rng, 130, 250)
    mix = (value[..., None] + 1) / 2 * (0.75 + 0.5 * _noise(rng, width, height, 3)[..., None])
    return _image(dark + (bright - dark) * mix)


def chart(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """A bar chart or a line chart with a title, as in any office."""
    image = Image.new("RGB", (width, height), (252, 252, 250))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(12, height // 22))
    left, right, top, bottom = width // 9, width - width // 20, height // 6, height - height // 8
    words = ("Rainfall", "Visitors", "Heating costs", "Ferry departures", "Harvest", "Bicycle counts")
    title = f"{words[int(rng.integers(len(words)))]}, district {int(rng.integers(1, 90))}"
    draw.text((left, height // 20), title, fill=(30, 34, 40), font=font)
    for line in range(6):
        level = top + (bottom - top) * line // 5
        draw.line((left, level, right, level), fill=(214, 218, 224), width=max(1, height // 400))
        draw.text((width // 50, level - height // 50), str(100 - 20 * line), fill=(90, 96, 104), font=font)
    count = int(rng.integers(6, 14))
    values = np.clip(np.cumsum(rng.normal(0, 0.2, count)) + rng.uniform(0.2, 0.8), 0.05, 0.98)
    colour = tuple(int(v) for v in rng.integers(30, 190, 3))
    step = (right - left) / count
    tops = [(left + step * (i + 0.5), bottom - v * (bottom - top)) for i, v in enumerate(values)]
    if rng.random() < 0.5:
        for x, y in tops:
            draw.rectangle((x - step * 0.35, y, x + step * 0.35, bottom), fill=colour)
    else:
        draw.line(tops, fill=colour, width=max(2, height // 120), joint="curve")
    return image


def pattern(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Overlapping coloured shapes."""
    image = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(180, 255, 3)))
    draw = ImageDraw.Draw(image, "RGBA")
    for _ in range(int(rng.integers(14, 40))):
        fill = (*(int(v) for v in rng.integers(0, 255, 3)), int(rng.integers(120, 255)))
        cx, cy, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.05, 0.25) * height
        corners, turn = int(rng.integers(3, 8)), rng.uniform(0, math.tau)
        if corners == 7:
            draw.ellipse((cx - size, cy - size, cx + size, cy + size), fill=fill)
        else:
            angles = [turn + math.tau * k / corners for k in range(corners)]
            draw.polygon([(cx + size * math.cos(a), cy + size * math.sin(a)) for a in angles], fill=fill)
    return image


KINDS: dict[str, Callable[[np.random.Generator, int, int], Image.Image]] = {
    "landscape": landscape,
    "town": town,
    "still-life": still_life,
    "material": material,
    "chart": chart,
    "pattern": pattern,
}


def draw(kind: str, seed: int, size: tuple[int, int] = (1024, 768)) -> Image.Image:
    """Draw the picture of this kind and seed, as RGB of `size` (width, height) pixels."""
    return KINDS[kind](np.random.default_rng([seed, *kind.encode()]), *size)


def _colour(rng: np.random.Generator, low: int, high: int) -> Field:
    return rng.uniform(low, high, 3).astype(np.float32)


def _noise(rng: np.random.Generator, width: int, height: int, octaves: int) -> Field:
    """Smooth noise of several scales, `(height, width) float32` in about 0..1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 3 << octave
        coarse = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
        total += np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return total * np.float32(1 / (2 - 2.0 ** (1 - octaves)))


def _profile(rng: np.random.Generator, width: int) -> Field:
    """The outline of a ridge, `(width,) float32` in 0..1."""
    total = np.zeros(width, np.float32)
    for octave in range(7):
        knots = rng.random((2 << octave) + 2)
        at = np.linspace(0, len(knots) - 1, width)
        total += (np.interp(at, np.arange(len(knots)), knots) / 2**octave).astype(np.float32)
    return total * np.float32(0.5)


def _grain(image: Image.Image, rng: np.random.Generator, strength: float) -> Image.Image:
    """Soften edges a little and add the noise of a sensor."""
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.6)), np.float32)
    return _image(soft + rng.normal(0, strength, soft.shape[:2])[..., None])


def _image(picture: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
