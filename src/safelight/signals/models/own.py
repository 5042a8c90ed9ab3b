"""Models that an agency adds with a card of its own: `safelight models add FOLDER` where the folder holds `*.toml`.

Card and file are kept together in the folder of models. The card is as complete as one of ours, and pins the file.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from safelight.errors import FormatError
from safelight.settings import settings
from safelight.signals.models.card import ModelCard, packaged_cards, read_card

_SUFFIX = ".card.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,48}[a-z0-9]")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}\.onnx")
_MOST_TEXT = 1 << 20
_MOST_FILE = 2 << 30


def own_card(path: Path) -> ModelCard:
    """Read a card that is not ours.

    Raises:
        FormatError: incomplete, or it claims a name, a file or a conversion that only our own cards may.
    """
    try:
        if path.stat().st_size > _MOST_TEXT:
            raise FormatError(f"model card {path.name} is larger than 1 MiB")
        one = read_card(path.name, path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"model card {path.name} cannot be read: {error}") from error
    if one.embedder is None and one.detector is None:
        raise FormatError(f"model card {path.name}: it has neither an [embedder] nor a [detector] table")
    if one.converter or one.sources or one.carried_file:
        raise FormatError(f"model card {path.name}: a model of your own is loaded as it is, from its folder")
    if not _NAME.fullmatch(one.name) or not _FILE.fullmatch(one.file):
        raise FormatError(
            f"model card {path.name}: name is small letters, digits, '-' and '.'; file is a plain name ending in .onnx"
        )
    ours = packaged_cards()
    if one.name in ours or one.file in {each.file for each in ours.values()}:
        raise FormatError(
            f"model card {path.name}: {one.name!r} or its file is the name of a model of Safelight"
        )
    return one


def own_models(source: Path) -> list[tuple[ModelCard, str, bytes]]:
    """Every card below a folder, with its text and the bytes of the file beside it that it pins.

    Raises:
        FormatError: a card is not complete, the file it pins does not lie beside it, or that is no ONNX network.
    """
    found = []
    for path in sorted(source.rglob("*.toml")) if source.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        one = own_card(path)
        file = path.parent / one.file
        if not file.is_file() or file.stat().st_size > _MOST_FILE:
            raise FormatError(f"model card {path.name}: {one.file} does not lie beside it")
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        if digest != one.sha256:
            raise FormatError(
                f"model card {path.name}: {one.file} has the SHA-256 {digest}, not the pinned one"
            )
        _check_network(path.name, one, data)
        found.append((one, path.read_text("utf-8"), data))
    return found


def _check_network(source: str, one: ModelCard, data: bytes) -> None:
    """FormatError where a file is no network that can be run. It is loaded, and run on nothing."""
    # Here and not above: the session needs the registry, which needs this module.
    from safelight.signals.models.session import Network

    try:
        Network(data)
    except Exception as error:  # the runtime's own errors have no base in common
        why = str(error).rpartition(" : ")[2].partition("\n")[0][:200]
        raise FormatError(
            f"model card {source}: {one.file} is no ONNX network that can be loaded ({why})"
        ) from error


def keep_card(one: ModelCard, text: str) -> None:
    """Write a card into the folder of models, whole or not at all."""
    folder = settings().models
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{one.name}{_SUFFIX}.part"
    part.write_text(text, "utf-8")
    part.replace(folder / f"{one.name}{_SUFFIX}")
