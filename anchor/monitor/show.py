"""What a pass came to, as JSON lines and as text."""

import json
from collections.abc import Iterator

from anchor.monitor.alarms import Alarm, KeptAlarm
from anchor.monitor.findings import Outcome
from licence.formats.canonical import JsonValue
from licence.formats.fields import moment_text


def json_lines(outcome: Outcome) -> Iterator[str]:
    """Yield one JSON object a line: each alarm, what could not be checked, and the pass at last."""
    new = {alarm.id for alarm in outcome.raised}
    for kept in outcome.open:
        yield _line("alarm", **_alarm(kept.alarm), **_times(kept), new=kept.alarm.id in new)
    for kept in outcome.closed:
        yield _line("over", **_alarm(kept.alarm), **_times(kept))
    for each in outcome.unchecked:
        yield _line("unchecked", rule=each.group, code=each.code.value, message=each.message)
    yield _line(
        "pass",
        at=moment_text(outcome.at),
        exit_code=outcome.exit_code,
        open=len(outcome.open),
        new=len(new),
        over=len(outcome.closed),
        unchecked=len(outcome.unchecked),
        contracts=[
            {
                "contract": each.contract,
                "block": each.block_number,
                "block_hash": each.block_hash.hex(),
                "block_time": moment_text(each.block_time),
                "sequence": each.sequence,
                "head": each.head.hex(),
                "batches": each.batches,
            }
            for each in outcome.contracts
        ],
    )


def text_lines(outcome: Outcome) -> Iterator[str]:
    """Yield the same for people."""
    new = {alarm.id for alarm in outcome.raised}
    for kept in outcome.open:
        mark = "新 NEW " if kept.alarm.id in new else ""
        yield f"{mark}{kept.alarm.code.value} {kept.alarm.id} {kept.alarm.message}"
        yield "    " + ", ".join(
            f"{name} {value}" for name, value in _facts(kept.alarm).items() if value is not None
        )
    for kept in outcome.closed:
        yield f"已消除 OVER {kept.alarm.code.value} {kept.alarm.id} {kept.alarm.message}"
    for each in outcome.unchecked:
        yield f"未查 NOT CHECKED {each.group}: {each.code.value} {each.message}"
    for contract in outcome.contracts:
        yield (
            f"{contract.contract}: block {contract.block_number}, "
            f"{contract.sequence} entries, {contract.batches} batches, head {contract.head.hex()}"
        )
    yield (
        f"{len(outcome.open)} open ({len(new)} new), {len(outcome.closed)} over, "
        f"{len(outcome.unchecked)} not checked"
    )


def _line(kind: str, **value: JsonValue) -> str:
    return json.dumps({"kind": kind, **value}, ensure_ascii=False)


def _alarm(alarm: Alarm) -> dict[str, JsonValue]:
    return {
        "id": alarm.id,
        "code": alarm.code.value,
        "message": alarm.message,
        "authority": alarm.authority,
        "block": alarm.block,
        "standing": alarm.group is not None,
        "facts": dict(alarm.facts),
    }


def _times(kept: KeptAlarm) -> dict[str, JsonValue]:
    return {"first_at": moment_text(kept.first_at), "last_at": moment_text(kept.last_at)}


def _facts(alarm: Alarm) -> dict[str, JsonValue]:
    place: dict[str, JsonValue] = {"authority": alarm.authority, "block": alarm.block}
    return place | dict(alarm.facts)
