"""`anzheng nodes`: are the nodes of the chain what the settings say, and do they agree?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, settings_of
from licence.error_words import in_both

if TYPE_CHECKING:
    from anchor.chain.inspect import Inspection
    from anzheng.flows.nodes import NodeFindings


def nodes(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """节点 Ask every node of the settings what it is, and compare the answers.

    Exit code 1 when a node is away, behind, or of another chain or history. Before anything is set
    up, genesis and contract are shown and not compared.

    Example: anzheng --config config.toml nodes
    """
    from anzheng import estate as estates
    from anzheng.clock import SystemClock
    from anzheng.flows.nodes import look_at_nodes
    from anzheng.settings import NODES_OF_WHICH_ONE_MAY_LIE

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        there = (settings.data_dir / estates.FILE_NAME).is_file()
        estate = estates.load(settings.data_dir) if there else None
        found = look_at_nodes(settings, estate, SystemClock().now())
        lines = [line for each in found for line in _lines(each)]
        if len(found) < NODES_OF_WHICH_ONE_MAY_LIE:
            lines.append("fewer than three nodes: one that lies is not outvoted (docs/nodes.md)")
        out.say([_value(each) for each in found], lines)
    if any(each.problems for each in found):
        raise typer.Exit(EXIT_FAILED)


def _lines(findings: "NodeFindings") -> list[str]:
    seen = findings.inspection
    lines = [findings.name if seen is None else f"{findings.name}  {_sentence(seen)}"]
    return lines + [
        f"  {each.code.value}: {in_both(each.code, each.message)}" for each in findings.problems
    ]


def _sentence(seen: "Inspection") -> str:
    final = "none" if seen.finalized is None else f"block {seen.finalized}"
    base = "no base fee" if seen.base_fee is None else f"base fee {seen.base_fee} wei"
    return "  ".join(
        (
            seen.client or "client unknown",
            f"chain {seen.chain_id}",
            f"genesis {seen.genesis.hex()[:8]}…",
            f"block {seen.height} of {seen.time:%Y-%m-%d %H:%M:%S}Z",
            f"gas price {seen.gas_price} wei",
            base,
            f"gas limit {seen.gas_limit}",
            f"finalized {final}",
            "proofs" if seen.proves else "no proofs",
            f"{seen.seal_bytes} B of seals",
            f"{seen.seconds * 1000:.0f} ms",
        )
    )


def _value(findings: "NodeFindings") -> Mapping[str, object]:
    problems = [{"code": each.code.value, "message": each.message} for each in findings.problems]
    value: dict[str, object] = {"name": findings.name, "problems": problems}
    seen = findings.inspection
    if seen is not None:
        value |= {
            "client": seen.client,
            "chain_id": seen.chain_id,
            "genesis": seen.genesis.hex(),
            "height": seen.height,
            "time": seen.time.isoformat(),
            "gas_limit": seen.gas_limit,
            "gas_price_wei": seen.gas_price,
            "base_fee_wei": seen.base_fee,
            "finalized": seen.finalized,
            "proofs": seen.proves,
            "extra_data_bytes": seen.seal_bytes,
            "code_hash": seen.code_hash.hex() if seen.code_hash is not None else None,
            "milliseconds": round(seen.seconds * 1000, 1),
        }
    return value
