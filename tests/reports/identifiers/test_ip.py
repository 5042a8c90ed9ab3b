"""IP addresses: nobody's alone; somebody's with port and time; and never where many share them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.identifiers.normal import normalise
from safelight.reports.report import Kind, Stated

from .stating import PERSONAL, SHARED, WEAK, found, none

AT = "2024-03-01T10:20:30Z"


def test_an_address_alone_links_nobody() -> None:
    assert found(Kind.IP, "192.0.2.1").reach is SHARED
    assert found(Kind.IP, "192.0.2.1", port=50123).reach is SHARED
    assert found(Kind.IP, "2001:db8::1").reach is SHARED


def test_with_port_and_time_it_is_somebodys() -> None:
    one = found(Kind.IP, "192.0.2.1", time=AT, port=50123)
    assert (one.key, one.reach) == ("192.0.2.1|50123|2024-03-01T10", PERSONAL)


def test_without_a_port_it_is_a_hint() -> None:
    one = found(Kind.IP, "192.0.2.1", time=AT)
    assert (one.key, one.reach) == ("192.0.2.1||2024-03-01T10", WEAK)


SAME = [
    ("192.0.2.1", AT, 50123),
    (" 192.0.2.1 ", "2024-03-01 10:00:00Z", 50123),
    ("192.0.2.1:50123", "2024-03-01T10:59:59+00:00", None),
    ("192.0.2.1", "2024-03-01T12:20:30+02:00", 50123),
    ("192.0.2.1", "2024-03-01T05:20:30.123-05:00", 50123),
    ("192.0.2.1", "2024-03-01 10:20:30 UTC", 50123),
    ("192.0.2.1", "1709288430", 50123),
    ("192.0.2.1", "1709288430123", 50123),
    ("::ffff:192.0.2.1", AT, 50123),
    ("::ffff:c000:201", AT, 50123),
    ("[::ffff:192.0.2.1]:50123", AT, None),
    ("2002:c000:201::1", AT, 50123),
    ("192.000.002.001", AT, 50123),
    ("192[.]0[.]2[.]1", AT, 50123),
    ("１９２.０.２.１", AT, 50123),
]


@pytest.mark.parametrize(("value", "time", "port"), SAME)
def test_spellings_of_one_moment_at_one_address_are_one(value: str, time: str, port: int | None) -> None:
    assert found(Kind.IP, value, time=time, port=port).key == "192.0.2.1|50123|2024-03-01T10"


def test_a_time_without_zone_is_taken_as_utc_and_says_so() -> None:
    one = found(Kind.IP, "192.0.2.1", time="2024-03-01T10:20:30", port=50123)
    assert (one.key, one.reach) == ("192.0.2.1|50123|2024-03-01T10", WEAK)
    assert "taken as UTC" in (one.why or "")


def test_an_ipv6_subscriber_is_a_prefix_on_a_day() -> None:
    morning = found(Kind.IP, "2001:db8:1:2::3", time="2024-03-01T01:00:00Z", port=5)
    evening = found(Kind.IP, "2001:0DB8:0001:0002:ffff::9", time="2024-03-01T23:00:00Z")
    assert morning.key == evening.key == "2001:db8:1:2::/64|2024-03-01"
    assert morning.reach is WEAK
    assert found(Kind.IP, "2001:db8:1:2::3", time="2024-03-02T01:00:00Z").key != morning.key


@pytest.mark.parametrize(
    "value",
    [
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "198.18.0.1",
    ],
)
def test_an_address_that_is_nobodys_links_nobody(value: str) -> None:
    assert found(Kind.IP, value, time=AT, port=50123).reach is SHARED


@pytest.mark.parametrize(
    "value",
    ["11.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "192.0.2.1", "203.0.113.5", "198.51.100.7"],
)
def test_the_neighbours_of_reserved_ranges_and_invented_addresses_are_public(value: str) -> None:
    assert found(Kind.IP, value, time=AT, port=50123).reach is PERSONAL


@pytest.mark.parametrize("said", ["true", "True", "1", "yes"])
def test_a_stated_proxy_links_nobody(said: str) -> None:
    assert found(Kind.IP, "192.0.2.1", time=AT, port=50123, note={"proxy": said}).reach is SHARED


def test_a_denied_proxy_does_not_matter() -> None:
    assert found(Kind.IP, "192.0.2.1", time=AT, port=50123, note={"proxy": "false"}).reach is PERSONAL


def test_an_address_in_a_data_centre_links_nobody_and_tells_no_country() -> None:
    one = found(Kind.IP, "8.8.8.8", time=AT, port=50123)
    assert (one.reach, one.country) == (SHARED, None)


def test_a_universitys_address_is_a_hint_with_a_port_and_nobodys_without() -> None:
    assert found(Kind.IP, "141.20.1.1", time=AT, port=50123).reach is WEAK
    assert found(Kind.IP, "141.20.1.1", time=AT).reach is SHARED


def test_an_address_tells_its_country() -> None:
    assert found(Kind.IP, "80.187.100.1", time=AT).country == "DE"
    assert found(Kind.IP, "192.0.2.1", time=AT).country is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1.1",
        "anna",
        "2001:db8::g",
        "01.02.03.04",
        "192.0.2.1/24",
        "1" * 201,
        "::1::2",
        "|",
        "a|b|c",
    ],
)
def test_what_is_no_address_is_none(value: str) -> None:
    assert none(Kind.IP, value)


@pytest.mark.parametrize(
    "time", ["yesterday", "", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9" * 40, "10:20"]
)
def test_a_time_that_is_none_leaves_the_address_alone(time: str) -> None:
    assert found(Kind.IP, "192.0.2.1", time=time, port=50123).key == "192.0.2.1"


@pytest.mark.parametrize("port", [0, -1, 65536, 10**9])
def test_a_port_that_is_none_is_not_counted(port: int) -> None:
    assert found(Kind.IP, "192.0.2.1", time=AT, port=port).reach is WEAK


OCTETS = st.integers(0, 255).map(str) | st.sampled_from(
    ["00", "01", "1e1", "٣", " 1", "0x1", "256", "", "1\0"]
)


@given(st.lists(OCTETS, min_size=4, max_size=4).map(".".join))
def test_an_address_is_read_as_strictly_as_by_the_library(text: str) -> None:
    try:
        expected: str | None = str(IPv4Address(text.strip()))
    except ValueError:
        expected = None
    if text.isascii():
        read = normalise(Stated(Kind.IP, text))
        assert (read and read.key) == expected
