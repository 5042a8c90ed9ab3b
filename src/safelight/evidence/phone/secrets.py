"""Files of phone extractions that hold keys, passwords or tokens: named as such, not read further, never used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.encrypted.bitlocker_header import external_key
from safelight.evidence.marks import begins, named
from safelight.evidence.phone.whatsapp_crypt import is_key_file
from safelight.evidence.protocol import Kind, Limits, Node, Source

_NAMES = {
    "keychain.plist": "keychain of iOS",
    "keychain_decrypted.plist": "keychain of iOS",
    "backup_keychain_v2.plist": "keychain of iOS",
    "passwords.txt": "passwords",
    "keystore.json": "keys of Android's keystore",
    "accounts.xml": "accounts of Android",
    "org.thoughtcrime.securesms_preferences.xml": "wrapped database key of Signal",
    "userconfing.xml": "account of Telegram",
    "tgnet.dat": "session keys of Telegram",
    "rc2.key": "key of WhatsApp's encrypted backups",
    "encrypted_backup.key": "key of WhatsApp's encrypted backups",
    "cookies.binarycookies": "cookies: access tokens of sessions",
}
_SIGNAL = "config.json"
_KEY = re.compile(rb'"(?:key|encryptedKey)"\s*:\s*"[0-9a-fA-F]{64,}"')
_LARGEST = 256 << 20
_LARGEST_KEY = 1 << 10


class SecretsReader:
    """Known by their names: a note, and nothing inside."""

    name = "secrets"
    order = 80
    marks = (
        named(_SIGNAL, *_NAMES, "*_passwords.txt"),
        begins(b"\xac\xed\0\5"),  # an object of Java
        begins(b"\0\0", at=2),  # the length of a small key file of BitLocker
    )
    formats = frozenset((None, "bplist"))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name; Signal's settings, whose name many files have, by the key in them."""
        name = source.name.lower()
        if not 0 < source.size < _LARGEST:
            return False
        is_signal = name == _SIGNAL and _KEY.search(head) is not None
        return is_signal or name in _NAMES or name.endswith("_passwords.txt") or _by_content(head) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one note."""
        name = source.name.lower()
        what = "database key of Signal"
        if name != _SIGNAL:
            what = f"{_NAMES.get(name, 'passwords')}, by its name"
        if source.size <= _LARGEST_KEY:
            what = _by_content(source.read_at(0, _LARGEST_KEY)) or what
        yield Node(b"", Kind.NOTE, note=f"holds keys or tokens ({what}); not used")


def _by_content(data: bytes) -> str | None:
    """What a small file is the key of, whatever its name."""
    if len(data) > _LARGEST_KEY:
        return None
    if is_key_file(data):
        return "key of WhatsApp's encrypted backups"
    bitlocker = external_key(data)
    return None if bitlocker is None else f"key file of BitLocker, {bitlocker[0]}"
