"""Databases of apps: which file was sent by whom, when, in which chat, or was put away. One short file an app."""

from __future__ import annotations

from safelight.evidence.messengers import signal_
from safelight.evidence.messengers.app import App
from safelight.evidence.messengers.gallery import MediaStore, Photos
from safelight.evidence.messengers.imessage import AndroidMms, IMessage
from safelight.evidence.messengers.telegram import Telegram
from safelight.evidence.messengers.viber import Viber
from safelight.evidence.messengers.whatsapp import Android, Ios, OldAndroid

APPS: tuple[App, ...] = (
    Android(),
    OldAndroid(),
    Ios(),
    signal_.Desktop(),
    signal_.Ios(),
    signal_.Android(),
    IMessage(),
    AndroidMms(),
    Telegram(),
    Viber(),
    Photos(),
    MediaStore(),
)
"""Asked in this order; the first that knows the database has it."""
