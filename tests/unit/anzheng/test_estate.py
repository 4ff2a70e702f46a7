"""The estate file, the key ring and the witnesses' memory: written, read back, refused."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from anzheng import estate as estates
from anzheng.estate import AuthorityEntry, ContractEntry, Estate, Officer, WitnessEntry
from anzheng.keyfiles import KeyKind
from anzheng.keyring import open_keyring
from anzheng.settings import load
from anzheng.trial import specs_of
from anzheng.witnesses import FileWitnessStore
from licence.errors import AnzhengError, Code
from licence.formats.checkpoint import Checkpoint
from licence.ids import (
    Address,
    AuthorityId,
    BlockHash,
    ChainId,
    Digest,
    MerkleRoot,
    OfficerId,
    RegistryId,
)
from tests.fakes.drafts import good_row
from tests.fakes.entropy import SeededEntropy

AUTHORITY = AuthorityId("1121000000TXT10121")
ESTATE = Estate(
    registry=RegistryId("cn-aqsc-test"),
    chain_id=ChainId(31337),
    contract=Address(bytes(20)),
    code_hash=Digest(bytes(32)),
    from_block=1,
    test_chain=True,
    witnesses=(WitnessEntry("audit.example", bytes(32)),),
    witness_threshold=1,
    authorities=(
        AuthorityEntry(
            id=AUTHORITY,
            name="辽宁省应急管理厅(示例)",
            industries=("FM", "WH"),
            valid_from=date(2006, 1, 1),
            anchor_account=Address(b"a" * 20),
            propose_account=Address(b"b" * 20),
            confirm_account=Address(b"c" * 20),
            officers=(Officer(OfficerId("o-1"), b"key"),),
        ),
    ),
)


def test_an_estate_reads_back(tmp_path: Path) -> None:
    estates.save(ESTATE, tmp_path)
    assert estates.load(tmp_path) == ESTATE
    assert ESTATE.authority(AUTHORITY).name == "辽宁省应急管理厅(示例)"


def test_an_estate_may_have_noted_where_its_chain_began(tmp_path: Path) -> None:
    noted = replace(ESTATE, genesis=BlockHash(b"g" * 32))
    estates.save(noted, tmp_path)
    assert estates.load(tmp_path) == noted
    assert b"genesis" in (tmp_path / estates.FILE_NAME).read_bytes()


def test_an_estate_remembers_former_contracts_and_the_heir(tmp_path: Path) -> None:
    former = ContractEntry(Address(b"f" * 20), Digest(b"h" * 32), from_block=0, frozen_at=7)
    heir = ContractEntry(Address(b"n" * 20), Digest(b"i" * 32), from_block=9)
    for known in (replace(ESTATE, former=(former,)), replace(ESTATE, former=(former,), heir=heir)):
        estates.save(known, tmp_path)
        assert estates.load(tmp_path) == known
    assert known.contracts == (former, ESTATE.present, heir)
    assert (ESTATE.first_block, known.first_block) == (1, 0)
    estates.save(ESTATE, tmp_path)
    written = (tmp_path / estates.FILE_NAME).read_bytes()
    assert b"former" not in written
    assert b"heir" not in written


def test_an_authority_may_act_through_a_deputy(tmp_path: Path) -> None:
    (entry,) = ESTATE.authorities
    acting = replace(entry, deputy=AuthorityId("1121020000TXT10129"))
    estates.save(replace(ESTATE, authorities=(acting,)), tmp_path)
    assert estates.load(tmp_path).authorities == (acting,)
    assert (entry.home, acting.home) == (entry.id, acting.deputy)


def test_an_authority_that_is_not_served_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        ESTATE.authority(AuthorityId("1121020000TXT10206"))
    assert caught.value.code is Code.NOT_FOUND
    with pytest.raises(AnzhengError) as caught:
        estates.load(tmp_path)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_a_broken_estate_is_refused(tmp_path: Path) -> None:
    estates.save(ESTATE, tmp_path)
    place = tmp_path / estates.FILE_NAME
    place.write_bytes(place.read_bytes().replace(b'"from_block":1', b'"from_block":"1"'))
    with pytest.raises(AnzhengError) as caught:
        estates.load(tmp_path)
    assert caught.value.code is Code.SETTINGS_INVALID


def test_a_trial_keeps_one_password_of_its_own(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path)
    first = open_keyring(settings, SeededEntropy())
    first.make("k", KeyKind.ED25519)
    again = open_keyring(settings, SeededEntropy())
    assert again.open("k").secret == first.open("k").secret
    assert (tmp_path / "keys" / "trial-password").stat().st_mode & 0o077 == 0


def test_a_given_password_wins(tmp_path: Path) -> None:
    ring = open_keyring(load(data_dir=tmp_path, key_password="given"), SeededEntropy())
    assert ring.secret == b"given"
    assert not (tmp_path / "keys").exists()


def test_missing_certificates_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        open_keyring(load(data_dir=tmp_path), SeededEntropy()).certificate("root")
    assert caught.value.code is Code.KEY_URI


def test_a_witness_remembers_and_never_goes_back(tmp_path: Path) -> None:
    memory = FileWitnessStore(tmp_path)
    first = Checkpoint("anzheng/r/a", 1, MerkleRoot(bytes(32)))
    second = Checkpoint("anzheng/r/a", 2, MerkleRoot(b"b" * 32))
    assert memory.seen(first.origin) is None
    memory.remember(first, instead_of=None)
    memory.remember(second, instead_of=first)
    assert FileWitnessStore(tmp_path).seen(first.origin) == second
    with pytest.raises(AnzhengError) as caught:
        memory.remember(first, instead_of=first)
    assert caught.value.code is Code.CONFLICT


def test_a_roster_names_its_authorities() -> None:
    (spec,) = specs_of([good_row(), good_row(industry="FM")])
    assert (spec.id, spec.industries) == (AUTHORITY, ("FM", "WH"))
    with pytest.raises(AnzhengError) as caught:
        specs_of([good_row(issuer=...)])
    assert caught.value.code is Code.ROSTER_FORMAT
