"""The table of networks: read safely, offline, and right where the answer is known."""

from __future__ import annotations

import io
import os
import pickle
import socket
import subprocess
import sys
from ipaddress import ip_address

import pytest

from safelight.reports.identifiers import networks
from safelight.reports.identifiers.networks import Operated, kind_of_operator, locate, looked_up, operator


@pytest.mark.parametrize(
    ("ip", "country"),
    [
        ("8.8.8.8", "US"),
        ("80.187.100.1", "DE"),
        ("141.20.1.1", "DE"),
        ("2003:c0::1", "DE"),
        ("77.88.55.60", "RU"),
        ("202.12.27.33", "JP"),
    ],
)
def test_a_known_address_is_in_its_country(ip: str, country: str) -> None:
    assert locate(ip) == country


@pytest.mark.parametrize(
    "ip",
    ["192.0.2.1", "10.0.0.1", "100.64.0.1", "2001:db8::1", "255.255.255.255", "::1", "not an address", ""],
)
def test_an_address_of_no_country_has_none(ip: str) -> None:
    assert locate(ip) is None


def test_the_operator_of_a_network_is_named() -> None:
    assert operator("8.8.8.8") == "GOOGLE"
    assert operator("192.0.2.1") is None or "IANA" in str(operator("192.0.2.1"))
    assert looked_up(4, int(ip_address("8.8.8.8"))) == (Operated.HOSTING, "US")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("T-Mobile USA, Inc.", Operated.MOBILE),
        ("Vodafone GmbH", Operated.MOBILE),
        ("Example Moviles", Operated.MOBILE),
        ("Claro S.A.", Operated.MOBILE),
        ("Example Mobile Communications", Operated.MOBILE),
        ("Example Hosting Ltd", Operated.HOSTING),
        ("M247 Europe SRL", Operated.HOSTING),
        ("OVH SAS", Operated.HOSTING),
        ("Example VPN Services", Operated.HOSTING),
        ("Examplehosting LLC", Operated.HOSTING),
        ("University of Example", Operated.SCHOOL),
        ("Universidad de Ejemplo", Operated.SCHOOL),
        ("Example School District", Operated.SCHOOL),
        ("Deutsche Telekom AG", None),
        ("Example Broadband", None),
        ("Automobile Club", None),
        ("Universal Cable", None),
        ("", None),
    ],
)
def test_the_name_of_an_operator_tells_the_kind_of_network(name: str, kind: Operated | None) -> None:
    assert kind_of_operator(name) is kind


def test_a_table_that_would_build_an_object_is_refused() -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError):
        networks._Values(io.BytesIO(pickle.dumps(Evil()))).load()


def test_the_table_needs_neither_network_nor_the_packages_code() -> None:
    """In a process of its own, where opening a socket or starting a program ends it."""
    script = (
        "import socket, subprocess, sys\n"
        "def no(*a, **k): raise SystemExit('not allowed')\n"
        "socket.socket = subprocess.Popen = no\n"
        "from safelight.reports.identifiers.networks import locate\n"
        "assert locate('8.8.8.8') == 'US'\n"
        "assert 'geoip2fast' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_network_of_the_table_is_in_order_and_found_at_both_ends() -> None:
    table = networks._networks()
    for ranges in (table.country4, table.country6, table.operator4, table.operator6):
        firsts = list(ranges.first)
        assert firsts == sorted(set(firsts))
        for at in range(0, len(firsts), 997):
            size = 1 << (ranges.bits - ranges.length[at])
            assert ranges.find(firsts[at]) == ranges.find(firsts[at] + size - 1) == ranges.number[at]
    assert socket.inet_ntoa(table.country4.first[0].to_bytes(4, "big")) == "0.0.0.0"
