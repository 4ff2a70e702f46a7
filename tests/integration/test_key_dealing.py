"""Keys are dealt to processes: each gets its own, under its own password, and what all may know."""

from pathlib import Path

import pytest

from anzheng.flows.key_dealing import Dealt, deal
from anzheng.flows.key_making import KeyOffice
from anzheng.flows.trust import make_bundle
from anzheng.keyring import KeyRing
from licence.errors import Code
from signer.certificate_register import CertificateRegister
from tests.builders import AUTHORITY, make_world
from tests.fakes.key_office import PASSWORD, make_key_office
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.usefixtures("unsynced")
OF = {Dealt.SIGNER: b"of the signer", Dealt.ANCHOR: b"of the anchor", Dealt.CONFIRMER: b"third"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> KeyOffice:
    """An installation's keys, all in one folder."""
    return make_key_office(tmp_path_factory.mktemp("ceremony"), make_world())


def private_keys(folder: Path) -> set[str]:
    """Return the names of the private keys of a folder."""
    return {place.stem for place in (folder / "keys").glob("*.pem")}


def test_the_signer_gets_what_signs_licences_and_no_root(office: KeyOffice, tmp_path: Path) -> None:
    deal(office, Dealt.SIGNER, tmp_path, OF[Dealt.SIGNER])
    names = private_keys(tmp_path)
    assert {"issuing", "holder-ca", "tsa", f"signer-{AUTHORITY}"} <= names
    assert not {name for name in names if name.startswith(("root", "account", "log", "tuf"))}
    assert (tmp_path / "keys" / "root.crl").is_file()
    ring = KeyRing(tmp_path / "keys", OF[Dealt.SIGNER])
    assert ring.private_key("issuing").key_size >= 2048
    with refuses(Code.KEY_LOCKED):
        KeyRing(tmp_path / "keys", PASSWORD).private_key("issuing")
    register = CertificateRegister(tmp_path / "certificates.sqlite3")
    issuing = office.ring.certificate("issuing")
    assert register.serials(issuing, limit=9) == office.register.serials(issuing, limit=9)
    register.close()


def test_the_anchor_gets_log_lists_and_the_online_key(office: KeyOffice, tmp_path: Path) -> None:
    deal(office, Dealt.ANCHOR, tmp_path, OF[Dealt.ANCHOR])
    names = private_keys(tmp_path)
    assert {"tuf-online", f"log-{AUTHORITY}", f"status-{AUTHORITY}"} <= names
    assert not {name for name in names if name.startswith(("signer", "issuing", "root", "tuf-r"))}
    assert not {name for name in names if name.startswith(("tuf-targets", "officer"))}
    assert (tmp_path / "trust" / "metadata" / "timestamp.json").is_file()


@pytest.mark.parametrize("to", [Dealt.CONFIRMER, Dealt.CONSOLE, Dealt.SIGNER])
def test_the_trust_bundle_can_be_made_from_public_halves(
    office: KeyOffice, tmp_path: Path, to: Dealt
) -> None:
    deal(office, to, tmp_path, OF.get(to, b""))
    assert f"log-{AUTHORITY}" not in private_keys(tmp_path)
    ring = KeyRing(tmp_path / "keys", OF.get(to, b""))
    now = office.clock.now()
    settings = office.settings.model_copy(update={"data_dir": tmp_path})
    made = make_bundle(settings, office.estate, ring, version=1, now=now)
    assert made == make_bundle(office.settings, office.estate, office.ring, version=1, now=now)
    with refuses(Code.KEY_URI):
        ring.open(f"log-{AUTHORITY}")


def test_dealt_again_it_adds_what_is_new_and_keeps_what_was_there(
    office: KeyOffice, tmp_path: Path
) -> None:
    first = deal(office, Dealt.ANCHOR, tmp_path, OF[Dealt.ANCHOR])
    written = {place: place.read_bytes() for place in (tmp_path / "keys").glob("*.pem")}
    (tmp_path / "keys" / f"log-{AUTHORITY}.pem").unlink()
    (tmp_path / "trust" / "later").write_bytes(b"the process's own")
    again = deal(office, Dealt.ANCHOR, tmp_path, OF[Dealt.ANCHOR])
    assert again.keys == (f"log-{AUTHORITY}",)
    assert set(again.kept) == set(first.keys) - set(again.keys)
    assert (tmp_path / "trust" / "later").is_file()
    for place, data in written.items():
        assert place.read_bytes() == data or place.stem in again.keys


def test_keys_are_not_mixed(office: KeyOffice, tmp_path: Path) -> None:
    deal(office, Dealt.SIGNER, tmp_path, OF[Dealt.SIGNER])
    with refuses(Code.CONFLICT):
        deal(office, Dealt.ANCHOR, tmp_path, OF[Dealt.ANCHOR])


def test_without_a_password_nothing_is_dealt(office: KeyOffice, tmp_path: Path) -> None:
    with refuses(Code.KEY_LOCKED):
        deal(office, Dealt.SIGNER, tmp_path / "signer", b"")
    assert not (tmp_path / "signer").exists()
    deal(office, Dealt.CONSOLE, tmp_path / "console", b"")
    assert private_keys(tmp_path / "console") == set()
