"""Who registered a user is no second person beside them."""

from __future__ import annotations

import pytest

from safelight.errors import RefusedError
from safelight.governance import apart
from safelight.governance.users import Proof, os_account
from safelight.settings import Settings
from safelight.workspace import open_workspace

WORDS = "correct horse battery staple"


@pytest.fixture
def registered(config: Settings) -> Settings:
    """A workspace in which the login registered Meier."""
    with open_workspace(config=config) as opened:
        opened.add_user("Meier", Proof(WORDS))
    return config


def refused(config: Settings, name: str, *others: str) -> bool:
    with open_workspace(config=config) as opened, opened.database.transaction() as connection:
        try:
            apart.check_apart(connection, name, others)
        except RefusedError as error:
            assert error.ground == "second person" and "registered" in str(error)
            return True
    return False


def test_whoever_registered_the_other_is_no_second_person(registered: Settings) -> None:
    assert refused(registered, "meier", os_account()) and refused(registered, os_account(), "Meier")


def test_two_people_whom_a_third_registered_are_two(registered: Settings) -> None:
    with open_workspace(config=registered) as opened:
        opened.add_user("Chen", Proof(WORDS))
    assert not refused(registered, "Chen", "Meier")


def test_registering_through_another_is_registering(registered: Settings) -> None:
    with open_workspace(config=registered, actor="Meier", proof=lambda: Proof(WORDS)) as opened:
        opened.add_user("Chen", Proof(WORDS))
    assert refused(registered, os_account(), "Chen")


def test_whoever_was_removed_since_is_remembered_by_the_log(registered: Settings) -> None:
    with open_workspace(config=registered) as opened:
        opened.remove_user("Meier")
    assert refused(registered, os_account(), "Meier")
