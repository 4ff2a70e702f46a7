"""What a production setting refuses beyond the settings themselves: what a trial left behind."""

from pathlib import Path

import pytest

from anzheng import estate as estates
from anzheng.clock import SystemEntropy
from anzheng.estate import Estate, WitnessEntry
from anzheng.keyring import open_keyring
from anzheng.senders import refuse_test_node
from anzheng.settings import Settings, load
from anzheng.trial import set_up_in
from anzheng.wiring import attach, officer_key, open_store_base
from licence.errors import Code
from licence.ids import Address, ChainId, Digest, OfficerId, RegistryId
from tests.fakes.production import SAFE
from tests.fakes.refusal import refuses


@pytest.fixture
def production(tmp_path: Path) -> Settings:
    return load(**SAFE, data_dir=tmp_path)


def test_no_throw_away_authorities_are_made(production: Settings) -> None:
    with open_store_base(production) as base, refuses(Code.SETTINGS_UNSAFE):
        set_up_in(base, ())


def test_what_was_set_up_on_a_test_chain_is_not_opened(production: Settings) -> None:
    estate = Estate(
        registry=RegistryId(production.registry),
        chain_id=ChainId(production.chain_id),
        contract=Address(bytes(20)),
        code_hash=Digest(bytes(32)),
        from_block=1,
        test_chain=True,
        witnesses=(WitnessEntry("w.example", bytes(32)),),
        witness_threshold=1,
        authorities=(),
    )
    estates.save(estate, production.data_dir)
    with (
        open_store_base(production) as base,
        refuses(Code.SETTINGS_UNSAFE),
        attach(base),
    ):
        pass


@pytest.mark.parametrize("client", ["anvil/v1.7.1", "Ganache/v7.9.2", "HardhatNetwork/2.22.0"])
def test_a_node_made_for_tests_is_refused_whatever_its_chain_id(client: str) -> None:
    with refuses(Code.SETTINGS_UNSAFE):
        refuse_test_node(client)


@pytest.mark.parametrize("client", ["besu/v25.7.0/linux-x86_64/openjdk-java-21", "Geth/v1.16"])
def test_a_real_node_is_taken(client: str) -> None:
    refuse_test_node(client)


def test_no_password_is_made_up(production: Settings) -> None:
    without = production.model_copy(update={"key_password": load().key_password})
    with refuses(Code.KEY_LOCKED):
        open_keyring(without, SystemEntropy())
    assert not (production.data_dir / "keys").exists()


def test_officers_keep_their_own_keys(production: Settings) -> None:
    with refuses(Code.SETTINGS_UNSAFE):
        officer_key(production, OfficerId("a"), None)
