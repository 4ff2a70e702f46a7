"""`anzheng issue`: sign, anchor, fill and publish everything that is released."""

from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, settings_of
from licence.error_words import ZH
from licence.errors import Code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anzheng.flows.retry import Retried
    from anzheng.store.licences import FlowState, StoredLicence


def issue(
    context: typer.Context,
    *,
    retry_parked: Annotated[
        bool,
        typer.Option("--retry-parked", help="First put what is parked back to where it stopped."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """签发 Sign, anchor, fill and publish everything that is released, and say where all stands.

    Safe to stop and to run again at any moment. Exit code 1 when something is parked. Once the
    cause is out of the way, --retry-parked lets it go on.

    Example: anzheng issue --json
    """
    from anzheng.flows import retry
    from anzheng.flows.anchor import BatchRule
    from anzheng.jobs import run_until_quiet
    from anzheng.store.licences import FlowState
    from anzheng.wiring import open_installation

    settings = settings_of(context)
    rule = BatchRule(settings.anchor_batch_licences, seconds=0)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        base = installation.base
        retried = retry.retry_parked(base.store, base.clock) if retry_parked else None
        run_until_quiet(installation, rule)
        with base.store.read() as unit:
            counts = unit.licences.counts()
            parked = unit.licences.in_state(FlowState.PARKED)
        out.say(*report(counts, parked, retried))
        if parked:
            raise typer.Exit(EXIT_FAILED)


def report(
    counts: "Mapping[FlowState, int]",
    parked: "Sequence[StoredLicence]",
    retried: "Retried | None" = None,
) -> tuple[dict[str, object], list[str]]:
    """Return what the command says, as JSON and as lines."""
    said: dict[str, object] = {
        "counts": {state.value: count for state, count in counts.items()},
        "parked": [_parked(row) for row in parked],
    }
    lines = [f"{state} {count}" for state, count in counts.items()]
    lines += [f"parked 搁置 {_line(row)}" for row in parked]
    if retried is None:
        return said, lines
    batches = retried.batches
    said["retried"] = [_parked(row) for row in retried.licences]
    said["retried_batches"] = [{"batch": each.id, "code": each.reason} for each in batches]
    again = [_line(row) for row in retried.licences]
    again += [f"{each.id}: {each.reason}" for each in batches]
    return said, [f"again 再试 {line}" for line in again] + lines


def _parked(row: "StoredLicence") -> dict[str, object]:
    return {
        "licence_no": row.licence_no,
        "version": row.version,
        "code": row.parked_code,
        "message": row.parked_message,
    }


def _line(row: "StoredLicence") -> str:
    zh = ZH[Code(row.parked_code)] if row.parked_code is not None else ""
    return f"{row.licence_no} v{row.version}: {row.parked_code}: {zh} {row.parked_message}"
