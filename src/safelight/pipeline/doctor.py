"""What is installed, what is missing, and how to get it."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from safelight.engine.jail import jail_status
from safelight.matching.pdqindex.compiled import prepared
from safelight.plugins import load
from safelight.signals.models import registry as models

_LIBRARIES = {
    "pytsk3": "file systems and deleted entries",
    "pyvmdk": "VMDK images",
    "pyvhdi": "VHD and VHDX images",
    "pyfsapfs": "APFS",
    "pyfsxfs": "XFS",
    "py7zr": "7z archives of the demonstration",
    "zstandard": "pages of the inventory",
    "av": "video frames",
    "pillow_heif": "HEIC pictures",
    "onnxruntime": "models",
    "dlib": "face landmarks",
    "faiss": "nearest faces among many",
    "numba": "compiles the loops of near matches and carving",
    "llvmlite": "loads them",
    "imagecodecs": "JPEG XL",
    "pyfvde": "FileVault on Core Storage",
    "pyvshadow": "shadow copies of NTFS volumes",
    "libarchive": "RAR, cabinets and LZH, by Debian's libarchive13",
    "msoffcrypto": "encrypted Office documents",
    "brotli": "bodies in browsers' caches",
}
_SPACE = 10 << 30


def check(folder: Path) -> list[dict[str, Any]]:
    """One line a thing: `{"what", "ok", "detail", "hint"}`, in a stable order.

    What works and somebody should look at all the same has `"warning": True`, and a hint.
    """
    found = [
        _line(
            "Python",
            sys.version_info >= (3, 11),
            platform.python_version(),
            "Safelight needs Python 3.11 or newer.",
        )
    ]
    for name, use in _LIBRARIES.items():
        there = find_spec(name) is not None
        hint = "Run `make setup`; without a network `scripts/offline.sh install`."
        found.append(_line(f"{name} ({use})", there, _version(name), hint))
    hint = "Run `python -m safelight.pipeline.compiling`; until then near matches are slow."
    found.append(_line("compiled loops of near matches", prepared(), "kept", hint))
    for name, value in jail_status().items():
        hint = "The kernel lacks it: hostile media are less contained here. Use Linux 5.13 or newer."
        told = ", ".join(value) if isinstance(value, list) else "yes" if value is True else str(value)
        found.append(_line(f"jail of the workers: {name}", bool(value), told, hint))
    for state in models.list_models():
        hint = "Run `make setup`, or `safelight models add FOLDER`; until then its signal is not computed."
        found.append(_line(f"model {state.card.name}", state.usable, "as pinned", f"{state.problem}. {hint}"))
        if state.card.restricted:
            hint = f"{state.card.licence}: see whether your use is allowed, or take another model."
            found.append(
                {**_line(f"licence of {state.card.name}", True, "", ""), "hint": hint, "warning": True}
            )
    for kind in ("evidence", "media", "signals", "hashsets", "export"):
        names = sorted(load(kind))
        found.append(_line(f"{kind} formats", bool(names), ", ".join(names), "Reinstall Safelight."))
    free = shutil.disk_usage(folder).free
    found.append(
        _line(
            "free space",
            free > _SPACE,
            f"{free >> 30} GiB",
            f"Only {free >> 20} MiB are free for the workspace.",
        )
    )
    return found


def _line(what: str, ok: bool, detail: str, hint: str) -> dict[str, Any]:
    return {"what": what, "ok": ok, "detail": detail, "hint": "" if ok else hint}


def _version(name: str) -> str:
    packages = {"pyvmdk": "libvmdk-python", "pyvhdi": "libvhdi-python"}
    packages |= {
        "pyfsapfs": "libfsapfs-python",
        "pyfsxfs": "libfsxfs-python",
        "dlib": "dlib-bin",
        "faiss": "faiss-cpu",
        "pyfvde": "libfvde-python",
        "pyvshadow": "libvshadow-python",
        "libarchive": "libarchive-c",
        "msoffcrypto": "msoffcrypto-tool",
    }
    try:
        return version(packages.get(name, name))
    except PackageNotFoundError:
        return "version unknown"
