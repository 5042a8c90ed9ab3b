"""The one way from what a report states to identifiers in normal form: each kind to its own file."""

from __future__ import annotations

from safelight.reports.identifiers import account, digest
from safelight.reports.identifiers.crypto import crypto
from safelight.reports.identifiers.device import device
from safelight.reports.identifiers.email import email
from safelight.reports.identifiers.group import group
from safelight.reports.identifiers.identifier import Identifier, Normaliser
from safelight.reports.identifiers.ip import ip
from safelight.reports.identifiers.payment import payment
from safelight.reports.identifiers.person import name
from safelight.reports.identifiers.phone import phone
from safelight.reports.identifiers.url import looks_like_url, url
from safelight.reports.identifiers.vehicle import vehicle
from safelight.reports.report import Kind, Stated

_NORMALISERS: dict[Kind, Normaliser] = {
    Kind.EMAIL: email,
    Kind.PHONE: phone,
    Kind.ACCOUNT: account.account,
    Kind.SCREEN_NAME: account.screen_name,
    Kind.DISPLAY_NAME: account.display_name,
    Kind.URL: url,
    Kind.DEVICE: device,
    Kind.IP: ip,
    Kind.PAYMENT: payment,
    Kind.CRYPTO: crypto,
    Kind.GROUP: group,
    Kind.VEHICLE: vehicle,
    Kind.MD5: digest.md5,
    Kind.SHA1: digest.sha1,
    Kind.SHA256: digest.sha256,
    Kind.PDQ: digest.pdq,
    Kind.NAME: name,
}
_MAY_BE_ADDRESSES = frozenset({Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.GROUP, Kind.PAYMENT})


def normalise(stated: Stated, country: str | None = None) -> Identifier | None:
    """The identifier in its normal form; None where it is empty or none at all. Raises nothing, whatever it holds.

    `country` (alpha-2) is assumed for what does not say its own: a phone number, a number plate. The identifier's kind
    may differ from what is stated: a profile's address is a screen name.
    """
    if stated.kind in _MAY_BE_ADDRESSES and looks_like_url(stated.value):
        found = url(stated, country)
        if found is not None and found.kind is not Kind.URL:
            return found
    return _NORMALISERS[stated.kind](stated, country)
