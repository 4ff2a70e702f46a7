"""A public_url that is not the one at which verifiers look: refused before anything is made."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from anzheng import key_book
from anzheng.flows import keys as ceremonies
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.keys import Wish
from anzheng.flows.trust import check_address, renew
from anzheng.wiring import Installation
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Act, Purpose
from licence.formats.trust_types import TrustBundle
from tests.builders import AUTHORITY, make_world
from tests.fakes.key_office import make_key_office, present
from tests.fakes.refusal import refuses
from verifier.trust import load_trust

ELSEWHERE = "https://lists.example"


@pytest.fixture
def office(tmp_path: Path) -> KeyOffice:
    return make_key_office(tmp_path, make_world())


@pytest.fixture
def elsewhere(office: KeyOffice) -> KeyOffice:
    """The same folder under the settings of somebody who forgot to say where the lists are."""
    return replace(office, settings=office.settings.model_copy(update={"public_url": ELSEWHERE}))


def trust_of(office: KeyOffice) -> Path:
    return office.settings.data_dir / "trust"


def bundle_of(office: KeyOffice) -> TrustBundle:
    return load_trust(trust_of(office), now=office.clock.now()).bundle


def renewed(office: KeyOffice, *, moved: bool = False) -> int | None:
    home, now = trust_of(office), office.clock.now()
    return renew(office.settings, office.estate, office.ring, home, now=now, moved=moved)


def test_a_ceremony_is_refused_before_it_is_begun(office: KeyOffice, elsewhere: KeyOffice) -> None:
    before = bundle_of(office)
    with pytest.raises(AnzhengError) as caught:
        ceremonies.make(elsewhere, Wish(Act.INIT, AUTHORITY, Purpose.QR), present())
    assert caught.value.code is Code.SETTINGS_INVALID
    told = {"field": "public_url", "here": ELSEWHERE, "published": office.settings.public_url}
    assert dict(caught.value.facts) == told
    assert ELSEWHERE in caught.value.message
    assert office.settings.public_url in caught.value.message
    assert bundle_of(office) == before
    assert list(key_book.unfinished(office.settings.data_dir)) == []
    # Set right, it goes on as if nothing had happened.
    assert ceremonies.make(office, Wish(Act.INIT, AUTHORITY, Purpose.QR), present()).bundle == 2


def test_the_bundle_moves_only_where_somebody_says_so(
    office: KeyOffice, elsewhere: KeyOffice
) -> None:
    with refuses(Code.SETTINGS_INVALID):
        renewed(elsewhere)
    assert renewed(elsewhere, moved=True) == 2
    assert {each.list_base_uri for each in bundle_of(office).authorities} == {
        f"{ELSEWHERE}/v1/status-lists"
    }
    assert renewed(elsewhere) == 2
    with refuses(Code.SETTINGS_INVALID):
        renewed(office)


def test_lists_are_not_published_at_another_address(elsewhere: KeyOffice) -> None:
    base = SimpleNamespace(
        settings=elsewhere.settings, trust_folder=trust_of(elsewhere), clock=elsewhere.clock
    )
    installation = SimpleNamespace(base=base, guard=SimpleNamespace(demand=lambda: None))
    with refuses(Code.SETTINGS_INVALID):
        Installation.publish_lists(cast("Installation", installation))


def test_where_nothing_is_published_yet_any_address_will_do(
    elsewhere: KeyOffice, tmp_path: Path
) -> None:
    check_address(elsewhere.settings, tmp_path / "none", now=elsewhere.clock.now())
