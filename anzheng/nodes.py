"""The nodes of the settings become what asks the chain: one node, or a pool of several."""

from collections.abc import Callable, Mapping
from typing import Protocol

from anchor.chain.artifact import artifact_of
from anchor.chain.assembly import PoolRules
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.fees import FeePolicy
from anchor.chain.node import Node
from anchor.chain.pool import NodePool
from anchor.chain.rpc import Rpc
from anchor.chain_ports import Alarms
from anchor.start_checks import WatchRules
from anzheng.devchain import DevChain
from anzheng.settings import NodeSettings, Settings
from licence.errors import AnzhengError, Code
from licence.formats.trust_types import Contract as PinnedContract

GWEI = 10**9
SLACK_SECONDS = 2.0
"""A pool waits a little longer than each of its nodes may take."""


def first_url(settings: Settings, dev_chain: DevChain | None) -> str:
    """Return the address of the first node, for who asks only one."""
    if dev_chain is not None:
        return dev_chain.url
    return settings.chain_node[0].url if settings.chain_node else settings.chain_rpc_url


class NodeAlarms(Alarms, Protocol):
    """Alarms that the process before may have left; `anzheng.alarms.StandingAlarms`."""

    @property
    def standing(self) -> Mapping[str, Code]:
        """Code of each alarm that is not over, by its key."""
        ...


def open_nodes(settings: Settings, dev_chain: DevChain | None, alarms: NodeAlarms) -> Rpc:
    """Return what asks the chain; the caller closes it.

    Args:
        settings: Which nodes, and how many of them must agree.
        dev_chain: The trial's own node, which then is the only one.
        alarms: Told about nodes that are not believed; knows who was not before.

    Raises:
        AnzhengError: SETTINGS_INVALID, for an address, a certificate authority or a quorum that
            cannot be.
    """
    if dev_chain is not None or not settings.chain_node:
        url = first_url(settings, dev_chain)
        return Node(url, timeout_seconds=settings.chain_timeout_seconds)
    nodes = each_node(settings)
    rules = PoolRules(
        quorum=settings.chain_quorum or len(nodes) // 2 + 1,
        quarantine_seconds=settings.chain_quarantine_seconds,
        timeout_seconds=settings.chain_timeout_seconds + SLACK_SECONDS,
    )
    return NodePool(nodes, rules, alarms, standing=alarms.standing)


def each_node(settings: Settings) -> tuple[Node, ...]:
    """Return every node of the settings, to be asked apart; the caller closes them.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    if not settings.chain_node and not settings.chain_rpc_url:
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            "no node is named: set chain_rpc_url or [[chain_node]]; the chain of a trial"
            " (chain_devnet) runs only while a command uses it",
        )
    if not settings.chain_node:
        return (Node(settings.chain_rpc_url, timeout_seconds=settings.chain_timeout_seconds),)
    return tuple(_node(each, settings.chain_timeout_seconds) for each in settings.chain_node)


def fee_policy(settings: Settings) -> FeePolicy:
    """Return how much may be paid."""
    return FeePolicy(
        legacy=settings.chain_legacy_fees,
        max_gas_price_wei=settings.chain_max_gas_price_gwei * GWEI,
    )


def watch_rules(settings: Settings) -> WatchRules:
    """Return what the chain is expected to do; a trial's makes blocks on demand."""
    return WatchRules(
        block_seconds=0 if settings.chain_devnet else settings.chain_block_seconds,
        reserve_transactions=settings.chain_reserve_transactions,
    )


def _node(each: NodeSettings, timeout_seconds: float) -> Node:
    return Node(
        each.url,
        name=each.name,
        timeout_seconds=timeout_seconds,
        ca=each.ca,
        token=each.token.get_secret_value(),
    )


def contract_opener(chain: EvmChain) -> Callable[[PinnedContract], EvmChain]:
    """Return what opens any contract that the trust bundle pins, through the nodes of this one."""

    def at(contract: PinnedContract) -> EvmChain:
        place = Contract(contract.chain_id, contract.address, contract.from_block)
        return EvmChain(chain.node, place, artifact_of(contract.code_hash), chain.finality)

    return at
