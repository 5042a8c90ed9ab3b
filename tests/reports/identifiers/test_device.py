"""Devices: one id under any type's name, check digits looked at, and what many devices have links nobody."""

from __future__ import annotations

import pytest

from safelight.reports.identifiers.device import with_check_digit
from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

IMEI = with_check_digit("00440100000011")  # a test number of the numbering scheme, with its check digit
UUID = "6d92078a-8246-4ba4-ae5b-76104861e7dc"

SPELLINGS = [
    (f"imei:{IMEI}", IMEI, "IMEI"),
    (f"imei:{IMEI}", IMEI, ""),
    (f"imei:{IMEI}", f"{IMEI[:2]}-{IMEI[2:8]}-{IMEI[8:14]}-{IMEI[14]}", "imei"),
    (f"imei:{IMEI}", IMEI[:14], "IMEI"),
    (f"imei:{IMEI}", IMEI[:14] + "78", "IMEISV"),
    (f"imei:{IMEI}", f"IMEI: {IMEI}", "Other"),
    ("meid:a1000000123456", "A1 000000 123456", "MEID"),
    ("imsi:001010123456789", "001010123456789", "IMSI"),
    ("iccid:8949012345678901234", "8949 0123 4567 8901 234", "ICCID"),
    ("iccid:8949012345678901234", "8949012345678901234", ""),
    ("mac:001a2b3c4d5e", "00:1A:2B:3C:4D:5E", "MAC"),
    ("mac:001a2b3c4d5e", "00-1a-2b-3c-4d-5e", ""),
    ("mac:001a2b3c4d5e", "001a.2b3c.4d5e", ""),
    ("mac:001a2b3c4d5e", "001A2B3C4D5E", "MAC Address"),
    (f"uuid:{UUID}", UUID.upper(), "IDFA"),
    (f"uuid:{UUID}", UUID, "advertisingId"),
    (f"uuid:{UUID}", "{" + UUID + "}", ""),
    (f"uuid:{UUID}", UUID.replace("-", ""), "GAID"),
    ("android:a1b2c3d4e5f60718", "A1B2C3D4E5F60718", "Android ID"),
    ("android:a1b2c3d4e5f60718", "a1b2c3d4e5f60718", ""),
    ("udid:" + "0f" * 19 + "1a", "0F" * 19 + "1A", ""),
    ("udid:00008030001a2d3e4f56001e", "00008030-001A2D3E4F56001E", "UDID"),
    ("serial:C39XK1ABCD12", "c39xk1abcd12", "Serial Number"),
]


@pytest.mark.parametrize(("key", "value", "stated"), SPELLINGS)
def test_spellings_of_one_device_are_one(key: str, value: str, stated: str) -> None:
    one = found(Kind.DEVICE, value, note={"type": stated})
    assert (one.key, one.reach) == (key, PERSONAL)


def test_a_wrong_check_digit_leaves_a_hint() -> None:
    wrong = IMEI[:14] + str((int(IMEI[14]) + 1) % 10)
    one = found(Kind.DEVICE, wrong, note={"type": "IMEI"})
    assert (one.reach, one.why) == (WEAK, "its check digit is wrong")


def test_a_random_address_is_a_hint() -> None:
    assert found(Kind.DEVICE, "06:1a:2b:3c:4d:5e").reach is WEAK


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        ("00000000-0000-0000-0000-000000000000", "IDFA"),
        ("00:00:00:00:00:00", "MAC"),
        ("ff:ff:ff:ff:ff:ff", "MAC"),
        ("02:00:00:00:00:00", "MAC"),
        ("01:00:5e:00:00:fb", "MAC"),
        ("000000000000000", "IMEI"),
        ("9774d56d682e549c", "Android ID"),
        ("0123456789ABCDEF", "Serial"),
        ("11111111", "Serial"),
        ("iPhone 12 Pro", ""),
        ("SM-G991B", "Model"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "User Agent"),
        ("unknown", ""),
    ],
)
def test_what_many_devices_have_links_nobody(value: str, stated: str) -> None:
    assert found(Kind.DEVICE, value, note={"type": stated}).reach is SHARED


@pytest.mark.parametrize("value", ["", " ", "---", "::"])
def test_nothing_is_no_device(value: str) -> None:
    assert none(Kind.DEVICE, value)
