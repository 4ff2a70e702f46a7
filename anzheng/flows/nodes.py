"""Looks at every node of the settings, before they are relied on and whenever somebody asks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anchor.chain.inspect import Inspection, block_hash, inspect
from anchor.chain.node import Node
from anchor.evidence import EvidenceKind
from anchor.finality import FinalityMode, parse
from anchor.start_checks import FALLEN_BLOCKS, LEAST_AGE, MISSED_BLOCKS
from anzheng.estate import Estate
from anzheng.nodes import each_node, fee_policy
from anzheng.senders import refuse_test_node
from anzheng.settings import Settings
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.ids import BlockHash

DEEP = 8
"""So far below the lowest of the newest blocks all nodes must have the same."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a node must not be relied on."""

    code: Code
    message: str


@dataclass(frozen=True, slots=True)
class NodeFindings:
    """What was found at one node; no inspection where it did not answer."""

    name: str
    inspection: Inspection | None
    problems: tuple[Problem, ...]


def look_at_nodes(
    settings: Settings, estate: Estate | None, now: datetime
) -> tuple[NodeFindings, ...]:
    """Ask every node of the settings, one after the other.

    Args:
        settings: Which nodes, and what is expected of them.
        estate: What is pinned, if anything is set up yet.
        now: The present.

    Raises:
        AnzhengError: SETTINGS_INVALID, for a node that cannot be asked at all.
    """
    nodes = each_node(settings)
    try:
        return _look(nodes, settings, estate, now)
    finally:
        for node in nodes:
            node.close()


def _look(
    nodes: Sequence[Node], settings: Settings, estate: Estate | None, now: datetime
) -> tuple[NodeFindings, ...]:
    found: dict[str, Inspection] = {}
    away: dict[str, Problem] = {}
    for node in nodes:
        try:
            found[node.name] = inspect(node, estate.contract if estate else None)
        except AnzhengError as error:
            why = error.facts.get("cause") or error.facts.get("rpc_message") or error.message
            away[node.name] = Problem(error.code, f"it does not answer: {why}")
    deep = max(0, min((each.height for each in found.values()), default=0) - DEEP)
    hashes = {node.name: block_hash(node, deep) for node in nodes if node.name in found}
    results = []
    for node in nodes:
        seen = found.get(node.name)
        if seen is None:
            results.append(NodeFindings(node.name, None, (away[node.name],)))
            continue
        problems = [
            *_of_another_chain(seen, settings, estate),
            *_of_another_history(node.name, deep, hashes),
            *_late(seen, settings, found, now),
            *_unable(seen, settings),
        ]
        results.append(NodeFindings(node.name, seen, tuple(problems)))
    return tuple(results)


def _of_another_chain(
    seen: Inspection, settings: Settings, estate: Estate | None
) -> Sequence[Problem]:
    problems = []
    if seen.chain_id != settings.chain_id:
        problems.append(f"chain id {seen.chain_id}, not {settings.chain_id}")
    if estate is not None and estate.genesis not in (None, seen.genesis):
        problems.append("the chain began with another block than the one that was noted")
    if estate is not None and seen.code_hash != estate.code_hash:
        problems.append("another contract, or none, stands at the registry's address")
    return [Problem(Code.CHAIN_WRONG, each) for each in problems]


def _of_another_history(
    name: str, height: int, hashes: Mapping[str, BlockHash | None]
) -> Sequence[Problem]:
    (most, _), *_ = Counter(hashes.values()).most_common(1)
    if hashes[name] == most:
        return []
    return [Problem(Code.NODES_DISAGREE, f"another block {height} than most of the others")]


def _late(
    seen: Inspection, settings: Settings, found: Mapping[str, Inspection], now: datetime
) -> Sequence[Problem]:
    problems = []
    highest, every = max(each.height for each in found.values()), settings.chain_block_seconds
    if seen.height < highest - FALLEN_BLOCKS:
        behind = highest - seen.height
        problems.append(Problem(Code.CHAIN_STALE, f"{behind} blocks behind the others"))
    longest = max(LEAST_AGE, MISSED_BLOCKS * timedelta(seconds=every))
    if every and now - seen.time > longest:
        age = int((now - seen.time).total_seconds())
        problems.append(Problem(Code.CHAIN_STALE, f"its newest block is {age} seconds old"))
    return problems


def _unable(seen: Inspection, settings: Settings) -> Sequence[Problem]:
    """Return what it cannot do although the settings need it."""
    problems = []
    if parse(settings.chain_finality).mode is FinalityMode.POS and seen.finalized is None:
        message = "it knows no finalized block: chain_finality must be qbft or depth:N"
        problems.append(Problem(Code.CHAIN_WRONG, message))
    if settings.anchor_evidence is not EvidenceKind.WITNESS and not seen.proves:
        message = f"it has no eth_getProof, which {settings.anchor_evidence} needs"
        problems.append(Problem(Code.EVIDENCE_TYPE_UNSUPPORTED, message))
    if seen.gas_price > fee_policy(settings).max_gas_price_wei and seen.base_fee != 0:
        message = f"gas costs {seen.gas_price} wei: more than chain_max_gas_price_gwei"
        problems.append(Problem(Code.CHAIN_FEES, message))
    if settings.environment is Environment.PRODUCTION:
        try:
            refuse_test_node(seen.client)
        except AnzhengError as error:
            problems.append(Problem(error.code, error.message))
    return problems
