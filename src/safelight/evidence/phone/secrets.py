"""Files of phone extractions that hold keys, passwords or tokens: named as such, not read further, never used."""

from __future__ import annotations

import re
from collections.abc import Iterator

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


class SecretsReader:
    """Known by their names: a note, and nothing inside."""

    name = "secrets"
    order = 80
    formats = frozenset((None, "bplist"))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name; Signal's settings, whose name many files have, by the key in them."""
        name = source.name.lower()
        if not 0 < source.size < _LARGEST:
            return False
        is_signal = name == _SIGNAL and _KEY.search(head) is not None
        return is_signal or name in _NAMES or name.endswith("_passwords.txt")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one note."""
        name = source.name.lower()
        what = "database key of Signal" if name == _SIGNAL else _NAMES.get(name, "passwords")
        yield Node(b"", Kind.NOTE, note=f"holds keys or tokens ({what}); not used")
