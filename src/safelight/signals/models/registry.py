"""Find model files in the folder of models and in installed packages, and verify them before they are used.

Packages are looked into through their metadata and never imported: some cannot be (their own dependencies
are not installed), and none needs to be. No code here or elsewhere fetches weights.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from safelight.errors import FormatError, IntegrityError, ModelMissingError
from safelight.settings import settings
from safelight.signals.models.card import ModelCard, card, cards
from safelight.signals.models.own import keep_card, own_models


@dataclass(frozen=True, slots=True)
class ModelState:
    """A card, where its file lies, and whether the file is the pinned one."""

    card: ModelCard
    path: Path | None
    """The file that would be loaded, or converted; None: not installed."""
    problem: str | None
    """Why it cannot be used; None when it can."""

    @property
    def usable(self) -> bool:
        """Can signals load it?"""
        return self.problem is None


def model_bytes(name: str) -> bytes:
    """The verified bytes of a model; a converted one is made from its source where it is not there yet.

    Raises:
        ModelMissingError: no card, or the file is not installed.
        IntegrityError: the file is not the pinned one.
    """
    one = card(name)
    ready = _ready(one)
    if ready is not None:
        return verified(one, ready.read_bytes(), str(ready))
    return _convert(one)


def model_file(name: str) -> Path:
    """The path of a model whose library opens files itself (dlib), verified.

    Raises:
        ModelMissingError, IntegrityError: as `model_bytes`.
    """
    one = card(name)
    path = _ready(one)
    if path is None:
        raise _missing(one)
    verified(one, path.read_bytes(), str(path))
    return path


def installed(name: str) -> bool:
    """Is there a file to load or to convert? It is not read (see `verify_models`)."""
    one = card(name)
    return (_ready(one) or _carried(one)) is not None


def prepare_models() -> list[ModelState]:
    """Make the converted models and keep them in the folder of models; called at set-up, harmless again.

    Returns the state of every model afterwards. What cannot be made keeps its problem in its state.

    Raises:
        OSError: the folder of models cannot be written.
    """
    for one in cards().values():
        if one.converter and _ready(one) is None and _carried(one) is not None:
            write_model(one, _convert(one))
    return verify_models()


def list_models() -> list[ModelState]:
    """Every model with its state by what is installed; files are not read (see `verify_models`)."""
    return [_state(one, read=False) for one in cards().values()]


def verify_models() -> list[ModelState]:
    """Every model with its state, each file read and its SHA-256 compared."""
    return [_state(one, read=True) for one in cards().values()]


def add_model(source: Path) -> list[ModelCard]:
    """Put model files into the folder of models: one file, or every file below a folder that a card knows.

    Files are recognised by their SHA-256, not by name; a file that is carried in another format is
    converted. A card of its own (`*.toml`) beside a file adds a model that we do not know (`own.py`).
    Returns the cards of what was added.

    Raises:
        ModelMissingError: nothing there is a model that a card pins.
        FormatError: `source` does not exist; a card there is not complete, or does not fit its file.
    """
    if not source.exists():
        raise FormatError(f"{source} does not exist")
    own = own_models(source)
    for one, text, data in own:
        write_model(one, data)
        keep_card(one, text)
    by_digest = {one.sha256: one for one in cards().values()}
    by_digest |= {one.carried_sha256: one for one in cards().values() if one.carried_sha256}
    added = [one for one, _, _ in own]
    for path in sorted(_files(source)):
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        known = by_digest.get(digest)
        if known is not None and known not in added:
            write_model(known, data if digest == known.sha256 else _converted(known, data))
            added.append(known)
    if not added:
        raise ModelMissingError(
            f"no file in {source} is a model that a card knows",
            "a model needs a card with its SHA-256, ours (`safelight models list`) or your own beside it (*.toml)",
        )
    return added


def verified(one: ModelCard, data: bytes, where: str, pin: str = "") -> bytes:
    """Return `data` when its SHA-256 is `pin`, or else the card's.

    Raises:
        IntegrityError: it is not.
    """
    pin = pin or one.sha256
    found = hashlib.sha256(data).hexdigest()
    if found != pin:
        raise IntegrityError(
            f"model {one.name}: {where} is not the pinned file (SHA-256 {found[:16]}…, not {pin[:16]}…)",
            "remove that file, then install its package again or use `safelight models add`",
        )
    return data


def write_model(one: ModelCard, data: bytes) -> Path:
    """Write a model into the folder of models, whole or not at all."""
    folder = settings().models
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{one.file}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(folder / one.file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return folder / one.file


def _ready(one: ModelCard) -> Path | None:
    """The file as it is loaded: in the folder of models, else as an installed package carries it."""
    in_folder = settings().models / one.file
    if in_folder.is_file():
        return in_folder
    return None if one.converter else _carried(one)


def _carried(one: ModelCard) -> Path | None:
    """The file as the first installed package carries it."""
    for source in one.sources:
        package, _, path = source.partition(":")
        try:
            located = Path(str(distribution(package).locate_file(path)))
        except PackageNotFoundError:
            continue
        if located.is_file():
            return located
    return None


def _convert(one: ModelCard) -> bytes:
    """Make a converted model from the file that its package carries, in memory."""
    path = _carried(one)
    if path is None:
        raise _missing(one)
    return _converted(one, verified(one, path.read_bytes(), str(path), one.carried_sha256))


def _converted(one: ModelCard, data: bytes) -> bytes:
    # Here and not above: the converters need the onnx package, which signals otherwise do not.
    from safelight.signals.models.convert import CONVERTERS

    return verified(one, CONVERTERS[one.converter](data), f"what {one.converter} made of {one.carried_file}")


def _state(one: ModelCard, read: bool) -> ModelState:
    ready = _ready(one)
    path = ready or _carried(one)
    if path is None:
        error = _missing(one)
        return ModelState(one, None, f"{error}; {error.hint}")
    if read:
        try:
            verified(one, path.read_bytes(), str(path), "" if ready else one.carried_sha256)
        except (IntegrityError, OSError) as error:
            return ModelState(one, path, str(error))
    return ModelState(one, path, None)


def _missing(one: ModelCard) -> ModelMissingError:
    packages = " or ".join(source.partition(":")[0] for source in one.sources)
    add = f"`safelight models add FOLDER` with {one.carried_file or one.file}"
    hint = f"install {packages}, or {add}" if packages else add
    return ModelMissingError(f"model {one.name} is not installed", hint)


def _files(source: Path) -> Iterator[Path]:
    """The file itself, or the files below the folder that have the size of a model."""
    if source.is_file():
        yield source
        return
    for path in source.rglob("*"):
        if path.is_file() and not path.is_symlink() and 10_000 < path.stat().st_size < 500_000_000:
            yield path
