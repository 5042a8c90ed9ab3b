"""Backups of phones, built from the published layouts: property lists by `plistlib`, manifests by SQLite itself."""

from __future__ import annotations

import hashlib
import io
import os
import plistlib
import sqlite3
import struct
import tarfile
import zlib
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

Files = dict[tuple[str, str], bytes]
BORN, MODIFIED = 1_700_000_000, 1_700_000_100
MANIFEST = (
    "CREATE TABLE Files (fileID TEXT PRIMARY KEY, domain TEXT, relativePath TEXT, flags INTEGER, file BLOB)"
)


def digest(domain: str, path: str) -> str:
    return hashlib.sha1(f"{domain}-{path}".encode()).hexdigest()


def _mbfile(path: str, size: int, key: bytes | None = None, target: str | None = None) -> bytes:
    """What iOS archives of a file (NSKeyedArchiver)."""
    uid = plistlib.UID
    own = {
        "$class": uid(3), "Birth": BORN, "LastModified": MODIFIED, "LastStatusChange": MODIFIED, "Size": size,
        "Mode": 0o100644, "UserID": 501, "GroupID": 501, "InodeNumber": 7, "ProtectionClass": 3, "Flags": 0,
        "RelativePath": uid(2),
    }  # fmt: skip
    objects: list[object] = ["$null", own, path, {"$classname": "MBFile", "$classes": ["MBFile", "NSObject"]}]
    if key is not None:
        own["EncryptionKey"] = uid(4)
        objects.append({"$class": uid(5), "NS.data": key})
        objects.append({"$classname": "NSMutableData", "$classes": ["NSMutableData", "NSData", "NSObject"]})
    if target is not None:
        own["Target"] = uid(len(objects))
        objects.append(target)
    archive = {
        "$archiver": "NSKeyedArchiver",
        "$version": 100000,
        "$top": {"root": uid(1)},
        "$objects": objects,
    }
    return plistlib.dumps(archive, fmt=plistlib.FMT_BINARY)


def _encrypted(key: bytes, data: bytes) -> bytes:
    return _cbc(key, bytes(16), data)


class Bag:
    """A keybag with two classes, under a password."""

    def __init__(self, password: str) -> None:
        self.classes = {3: os.urandom(32), 4: os.urandom(32)}
        salt, double = os.urandom(20), os.urandom(20)
        secret = hashlib.pbkdf2_hmac("sha256", password.encode(), double, 1000, 32)
        key = hashlib.pbkdf2_hmac("sha1", secret, salt, 1000, 32)
        fields: list[tuple[bytes, bytes]] = [
            (b"VERS", struct.pack(">I", 5)), (b"TYPE", struct.pack(">I", 1)), (b"UUID", os.urandom(16)),
            (b"HMCK", os.urandom(40)), (b"WRAP", struct.pack(">I", 1)), (b"SALT", salt),
            (b"ITER", struct.pack(">I", 1000)), (b"DPWT", struct.pack(">I", 1)), (b"DPIC", struct.pack(">I", 1000)),
            (b"DPSL", double),
        ]  # fmt: skip
        for name, own in self.classes.items():
            fields += [
                (b"UUID", os.urandom(16)), (b"CLAS", struct.pack(">I", name)), (b"WRAP", struct.pack(">I", 2)),
                (b"KTYP", struct.pack(">I", 0)), (b"WPKY", aes_key_wrap(key, own)),
            ]  # fmt: skip
        self.data = b"".join(tag + struct.pack(">I", len(value)) + value for tag, value in fields)

    def key(self, number: int = 3) -> tuple[bytes, bytes]:
        """A new file key, and the same wrapped under a class."""
        own = os.urandom(32)
        return own, struct.pack("<I", number) + aes_key_wrap(self.classes[number], own)


def ios_backup(folder: Path, files: Files, password: str | None = None) -> Path:
    """A backup as iOS 10.2 and later write it."""
    folder.mkdir(parents=True, exist_ok=True)
    bag = Bag(password) if password is not None else None
    state: dict[str, object] = {
        "Version": "10.0",
        "IsEncrypted": bag is not None,
        "WasPasscodeSet": True,
        "Lockdown": {},
    }
    state["BackupKeyBag"] = bag.data if bag is not None else b"VERS\0\0\0\4\0\0\0\3"
    manifest = folder / "Manifest.db"
    connection = sqlite3.connect(manifest)
    connection.execute(MANIFEST)
    connection.execute("CREATE TABLE Properties (key TEXT PRIMARY KEY, value BLOB)")
    for domain in sorted({domain for domain, _ in files}):
        connection.execute(
            "INSERT INTO Files VALUES (?,?,?,2,?)", (digest(domain, ""), domain, "", _mbfile("", 0))
        )
    for (domain, path), content in files.items():
        name = digest(domain, path)
        key, wrapped = bag.key() if bag is not None else (b"", None)
        connection.execute(
            "INSERT INTO Files VALUES (?,?,?,1,?)", (name, domain, path, _mbfile(path, len(content), wrapped))
        )
        (folder / name[:2]).mkdir(exist_ok=True)
        (folder / name[:2] / name).write_bytes(_encrypted(key, content) if bag is not None else content)
    connection.execute(
        "INSERT INTO Files VALUES (?,?,?,4,?)",
        (digest("HomeDomain", "link"), "HomeDomain", "link", _mbfile("link", 0, target="/etc/passwd")),
    )
    connection.commit()
    connection.close()
    if bag is not None:
        key, state["ManifestKey"] = bag.key(4)
        manifest.write_bytes(_encrypted(key, manifest.read_bytes()))
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(state, fmt=plistlib.FMT_BINARY))
    return folder


def old_ios_backup(folder: Path, files: Files) -> Path:
    """A backup as iOS 4 to 9 wrote it: `Manifest.mbdb`, all files in one folder."""
    folder.mkdir(parents=True, exist_ok=True)

    def text(value: bytes | None) -> bytes:
        return b"\xff\xff" if value is None else struct.pack(">H", len(value)) + value

    lines = [b"mbdb\5\0"]
    for (domain, path), content in files.items():
        lines += [
            text(domain.encode()),
            text(path.encode()),
            text(None),
            text(hashlib.sha1(content).digest()),
            text(None),
        ]
        lines.append(
            struct.pack(">HQIIIIIQBB", 0x81A4, 7, 501, 501, MODIFIED, MODIFIED, BORN, len(content), 3, 1)
        )
        lines += [text(b"com.apple.x"), text(b"value")]
        (folder / digest(domain, path)).write_bytes(content)
    (folder / "Manifest.mbdb").write_bytes(b"".join(lines))
    (folder / "Manifest.plist").write_bytes(plistlib.dumps({"IsEncrypted": False, "BackupKeyBag": b""}))
    return folder


def android_backup(
    files: dict[str, bytes],
    password: str | None = None,
    *,
    compressed: bool = True,
    version: int = 5,
    rounds: int = 100,
) -> bytes:
    """An Android backup as `adb backup` writes it: header, zlib, tar; AES-256 under a password."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), MODIFIED
            tar.addfile(member, io.BytesIO(content))
    data = zlib.compress(out.getvalue()) if compressed else out.getvalue()
    head = f"ANDROID BACKUP\n{version}\n{int(compressed)}\n{'none' if password is None else 'AES-256'}\n".encode()
    if password is None:
        return head + data
    master, master_iv, iv, salt, check_salt = (os.urandom(size) for size in (32, 16, 16, 64, 64))
    widened = "".join(chr(byte if byte < 0x80 else 0xFF00 | byte) for byte in master).encode()
    check = hashlib.pbkdf2_hmac("sha1", widened, check_salt, rounds, 32)
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds, 32)
    blob = _cbc(key, iv, b"\x10" + master_iv + b"\x20" + master + b"\x20" + check)
    lines = (salt.hex().upper(), check_salt.hex().upper(), str(rounds), iv.hex().upper(), blob.hex().upper())
    return head + "".join(f"{line}\n" for line in lines).encode() + _cbc(master, master_iv, data)


def _cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    fill = 16 - len(data) % 16
    return Cipher(AES(key), CBC(iv)).encryptor().update(data + bytes((fill,)) * fill)
