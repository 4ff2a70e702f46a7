"""Opens the accounts of the chain: who sends, from which key, with which patience."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from anchor.chain.account import EvmAccount
from anchor.chain.evm import EvmChain
from anchor.confirmer import Confirmer
from anchor.ports import TransactionStore
from anchor.sender import Sender, SendPolicy
from anchor.start_checks import ChainWatch
from anzheng import keyring as keyrings
from anzheng.alarms import StandingAlarms
from anzheng.estate import AuthorityEntry, Estate
from anzheng.keyring import KeyRing
from anzheng.nodes import fee_policy, watch_rules
from anzheng.settings import Settings
from anzheng.store.database import Store
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.ids import AuthorityId
from licence.ports import Clock, Entropy

REFUSALS = 3
"""A call is parked when the contract refuses it in so many passes: a node may be behind."""

HOST_CHARACTERS = 40
"""So much of this machine's name goes into the name of a writer."""

TEST_NODES = ("anvil", "ganache", "hardhat")
"""How nodes that keep no real chain call themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainMeans:
    """What everybody needs who sends from an account of the chain."""

    settings: Settings
    estate: Estate
    ring: KeyRing
    store: Store
    chain: EvmChain
    clock: Clock
    entropy: Entropy


def refuse_test_node(client: str) -> None:
    """Refuse a node that is made for tests, whatever chain id it claims.

    Raises:
        AnzhengError: SETTINGS_UNSAFE.
    """
    if client.lower().startswith(TEST_NODES):
        raise AnzhengError(
            Code.SETTINGS_UNSAFE,
            "production refuses a test chain: chain_rpc_url leads to a node made for tests",
            fields="chain_rpc_url",
            client=client[:40],
        )


def refuse_mismatch(settings: Settings, estate: Estate) -> None:
    """Refuse settings that are not those of the data folder.

    Raises:
        AnzhengError: SETTINGS_INVALID, SETTINGS_UNSAFE.
    """
    if settings.registry != estate.registry or settings.chain_id != estate.chain_id:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "registry or chain_id are not those with which this data folder was set up",
        )
    if settings.environment is Environment.PRODUCTION and estate.test_chain:
        raise AnzhengError(
            Code.SETTINGS_UNSAFE, "a production setting refuses authorities on a test chain"
        )


def refuse_own_chain(settings: Settings) -> None:
    """Refuse settings by which a process with a role would start a chain that is its own.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if settings.chain_devnet:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "processes with keys of their own share a chain: chain_devnet = false, chain_rpc_url",
            field="chain_devnet",
        )


def check_node(means: ChainMeans) -> None:
    """Refuse, in production, a node that is made for tests.

    Raises:
        AnzhengError: SETTINGS_UNSAFE.
    """
    if means.settings.environment is not Environment.PRODUCTION:
        return
    # Without a node nothing is written; signing goes on until there is one.
    with unless_unavailable():
        for client in means.chain.node.each("web3_clientVersion"):
            refuse_test_node(str(client))


@contextmanager
def unless_unavailable() -> Iterator[None]:
    """Go on when the node does not answer."""
    try:
        yield
    except AnzhengError as error:
        if error.code is not Code.CHAIN_UNAVAILABLE:
            raise


def open_confirmer(means: ChainMeans, entry: AuthorityEntry, store: TransactionStore) -> Confirmer:
    """Return what confirms the final changes of an authority, with a memory of its own."""
    sender = open_sender(means, entry.id, "confirm", store)
    return Confirmer(
        means.chain,
        sender,
        entry.id,
        entry.pinned_officers,
        means.clock,
        registry=means.estate.registry,
        proposers=(entry.propose_account,),
    )


def open_sender(
    means: ChainMeans, authority: AuthorityId, role: str, store: TransactionStore
) -> Sender:
    """Return what sends from an account of an authority to the contract of `means`."""
    secret = means.ring.open(keyrings.account_key(authority, role)).secret
    # Accounts of a deputy say in whose name they act.
    principal = authority if means.estate.authority(authority).deputy else None
    account = EvmAccount(means.chain, secret, fee_policy(means.settings), principal=principal)
    alarms = StandingAlarms(means.store, means.clock)
    watch = ChainWatch(means.chain, means.clock, alarms, watch_rules(means.settings))
    policy = SendPolicy(
        resend_seconds=means.settings.chain_resend_seconds,
        lease_seconds=means.settings.lease_seconds,
        refusals=REFUSALS,
    )
    holder = _holder(means.entropy)
    return Sender(means.chain, account, store, means.clock, policy, holder, watch)


def _holder(entropy: Entropy) -> str:
    """Return a name that no other sender has, on this machine or another."""
    host = socket.gethostname()[:HOST_CHARACTERS]
    return f"{host}:{os.getpid()}:{entropy.bytes(8).hex()}"
