"""How the corpus is kept in `tests/assets/bad`, and how it is read again.

`cases.json` has a row for each case; its inputs are names of bases (`bases/NAME`), or of deltas
against one (`deltas/NAME`, see `delta`). Everything that somebody needs to check another verifier
against the corpus stands there; `python -m tools.make_bad --out FOLDER` writes plain files.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.bad import delta
from tests.bad.case import Ask, Case

FOLDER: Final = Path(__file__).parents[1] / "assets" / "bad"
CASES: Final = FOLDER / "cases.json"
SCHEMA: Final = "anzheng-bad/v1"


@cache
def bases(folder: Path = FOLDER) -> dict[str, bytes]:
    """Return the files that deltas are against, by name."""
    return {path.name: path.read_bytes() for path in sorted((folder / "bases").iterdir())}


@cache
def load(folder: Path = FOLDER) -> tuple[Case, ...]:
    """Return all committed cases."""
    value = json.loads((folder / "cases.json").read_text("utf-8"))
    if value["schema"] != SCHEMA:
        raise ValueError("another kind of corpus")
    return tuple(_case(row, folder) for row in value["cases"])


def save(cases: Iterable[Case], known: Mapping[str, bytes], folder: Path = FOLDER) -> None:
    """Write a corpus anew.

    Args:
        cases: All cases.
        known: The bases.
        folder: Where.
    """
    for kind in ("bases", "deltas"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for name, data in known.items():
        (folder / "bases" / name).write_bytes(data)
    kept: set[str] = set()
    rows = [_row(case, known, folder, kept.add) for case in cases]
    text = json.dumps({"schema": SCHEMA, "cases": rows}, ensure_ascii=False, indent=1)
    (folder / "cases.json").write_text(text + "\n", "utf-8")
    for path in (folder / "deltas").iterdir():
        if path.name not in kept:
            path.unlink()


def _row(
    case: Case, known: Mapping[str, bytes], folder: Path, keep: Callable[[str], None]
) -> dict[str, Any]:
    inputs = {
        name: _written(data, name, known, folder, keep) for name, data in case.ask.inputs.items()
    }
    row: dict[str, Any] = {"id": case.id, "what": case.what, "now": _moment(case.ask.now)}
    if case.ask.on is not None:
        row["on"] = case.ask.on.isoformat()
    if case.ask.policy != "batch":
        row["policy"] = case.ask.policy
    if case.ask.expired is not None:
        row["expired"] = _moment(case.ask.expired)
    return {**row, "inputs": inputs, "verdict": case.verdict.value, "code": case.code.value}


def _written(
    data: bytes,
    name: str,
    known: Mapping[str, bytes],
    folder: Path,
    keep: Callable[[str], None],
) -> str:
    """Return the name of a base that is these bytes, or keep a delta and return its name."""
    same = next((each for each, base in known.items() if base == data), None)
    if same is not None:
        return same
    base = _nearest(data, name, known)
    made = delta.make(known[base], data)
    place = f"{sha256(made).hexdigest()[:16]}.{base}"
    (folder / "deltas" / place).write_bytes(made)
    keep(place)
    return place


def _nearest(data: bytes, name: str, known: Mapping[str, bytes]) -> str:
    """Return which base to write a delta against: that of the same role, or another licence."""
    own = {"list": "list", "side": "side", "bundle": "bundle"}.get(name.removeprefix("other-"))
    if own is not None:
        return own
    licences = [each for each in known if each.startswith("licence")]
    return max(licences, key=lambda each: _common(known[each], data))


def _common(base: bytes, data: bytes) -> int:
    """Return how many of some parts of a base stand in the data."""
    parts = (base[at : at + 48] for at in range(0, len(base), max(len(base) // 40, 1)))
    return sum(part in data for part in parts)


def _case(row: Mapping[str, Any], folder: Path) -> Case:
    inputs = {name: _read(place, folder) for name, place in row["inputs"].items()}
    on = row.get("on")
    expired = row.get("expired")
    ask = Ask(
        inputs,
        now=_instant(row["now"]),
        on=None if on is None else date.fromisoformat(on),
        policy=row.get("policy", "batch"),
        expired=None if expired is None else _instant(expired),
    )
    return Case(row["id"], row["what"], ask, Verdict(row["verdict"]), Code(row["code"]))


def _read(place: str, folder: Path) -> bytes:
    known = bases(folder)
    if place in known:
        return known[place]
    return delta.apply(known[place.partition(".")[2]], (folder / "deltas" / place).read_bytes())


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
