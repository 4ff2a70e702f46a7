"""The public registry as static files, at the same addresses, for a plain web server or a CDN.

1. Lists, trust repository and certificates of one moment become a release, switched at once.
2. What changed since the last time is written anew: look-ups, evidence. A crash repeats it.
3. Logs: tiles and manifests first, the checkpoint that promises them last.
4. Only then it is remembered how far was read.

What a static server cannot do is told in docs/registry.md: searching in any spelling, older lists
by `?time=`, OCSP by POST.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from anzheng.files import write_durably
from anzheng.flows.look_up import MAX_FOUND, Key, describe, described
from anzheng.locking import alone
from anzheng.static_tree import Counted, StaticTree
from anzheng.store.database import Store, Unit
from anzheng.store.public import EVER, PublicLicence, Since
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats.short_code import short_code
from licence.ids import Leaf
from licence.ports import Clock
from verifier.service.answers import encoded
from verifier.trust import load_trust

SCHEMA: Final = "anzheng-export/v2"
STATE: Final = ".state.json"
LOCK: Final = ".lock"

OVERLAP: Final = timedelta(minutes=15)
"""A transaction is seen later than the time that it bears; nobody's takes so long."""

PENDING: Final = ".pending"
"""Beside evidence that is not there yet: what the live registry answers, for the web server."""

BESIDE_TUF: Final = ("history", "deltas", "pages")
CHECKPOINT: Final = "checkpoint"


@dataclass(frozen=True, slots=True)
class Sources:
    """What is exported.

    Args:
        store: The database, opened for reading.
        clock: Tells the time.
        trust_folder: The trust repository.
        log_folder: The logs of the authorities.
        pki_folder: What certificates point to.
    """

    store: Store
    clock: Clock
    trust_folder: Path
    log_folder: Path
    pki_folder: Path


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did."""

    files: Counted
    licences: int


def export_registry(
    sources: Sources,
    root: Path,
    *,
    schema: bytes | None = None,
    look_ups: bool = True,
    anew: bool = False,
) -> Exported:
    """Bring a folder of static files up to date.

    Args:
        sources: What to export.
        root: The folder, for the web server.
        schema: OpenAPI description to lay beside.
        look_ups: Whether the data of licences goes with it; else it is what verifiers need only.
        anew: Write everything, whatever was written before.

    Raises:
        AnzhengError: CONFLICT for somebody else's folder, or when another process exports there;
            TRUST_BUNDLE_REFUSED, STORE_FAILED; the folder stays as it was, or a part newer.
    """
    tree = StaticTree(root)
    try:
        tree.begin()
        with alone(root / LOCK, "exports into this folder"):
            tree.release(_together(sources))
            count = _licences(sources, tree, look_ups=look_ups, anew=anew)
            _logs(sources.log_folder, tree)
            if schema is not None:
                tree.replace("v1/openapi.json", schema)
    except OSError as error:
        raise AnzhengError(
            Code.STORE_FAILED, f"the export cannot be written: {error.strerror}"
        ) from error
    return Exported(tree.counted, count)


# ---------------------------------------------------------------- what hangs together


def _together(sources: Sources) -> Iterator[tuple[str, bytes]]:
    """Yield one state of the repository, the same lists under the registry's addresses, the PKI."""
    folder = sources.trust_folder
    trust = load_trust(folder, now=sources.clock.now())
    for name in trust.files:
        yield f"trust/{name}", (folder / name).read_bytes()
    for path, target in trust.lists.items():
        digest = target.hashes["sha256"]
        parent, _, name = f"targets/{path}".rpartition("/")
        data = (folder / parent / f"{digest}.{name}").read_bytes()
        yield f"trust/targets/{path}", data
        yield from _addressed(path, data)
    for each in BESIDE_TUF:
        yield from _files(folder / each, f"trust/{each}")
    yield from _files(sources.pki_folder, "pki")


def _addressed(path: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a list where `/v1/…` has it; the form that `Accept` asks for has an ending."""
    _lists, registry, authority, name = path.split("/")
    owner = f"{registry}/{authority}"
    shard, _, form = name.partition(".")
    match form:
        case "cwt":
            yield f"status-lists/{owner}/{shard}", data
        case "jwt":
            yield f"status-lists/{owner}/{shard}.jwt", data
        case "side":
            yield f"side-lists/{owner}/{shard}", data
        case "side.jwt":
            yield f"side-lists/{owner}/{shard}.jwt", data
        case _:
            yield f"status-lists/{owner}/index.json", data


def _files(folder: Path, under: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a folder; what is just being written, or just removed, is not there."""
    for place in sorted(folder.rglob("*")):
        if not place.name.startswith(".") and place.is_file():
            with suppress(FileNotFoundError):
                yield f"{under}/{place.relative_to(folder).as_posix()}", place.read_bytes()


# ---------------------------------------------------------------- one by one


@dataclass(frozen=True, slots=True)
class _Reached:
    """How far an export read.

    Attributes:
        since: What changed after this is new. By the stamps in the database: a replica may be
            hours behind our clock, and our clock may be wrong.
        newest: The newest stamp in the database.
        seen: When that was first seen, by our clock.
        waiting: Certificates without evidence; nothing in their rows says when it comes.
    """

    since: Since
    newest: datetime
    seen: datetime
    waiting: frozenset[Leaf] = frozenset()


def _licences(sources: Sources, tree: StaticTree, *, look_ups: bool, anew: bool) -> int:
    begin = sources.clock.now()
    today = shanghai_date(begin)
    before = None if anew else _read_state(tree.root, look_ups=look_ups)
    count = 0
    with sources.store.read() as unit:
        newest, event = unit.public.newest(), unit.public.last_event()
        if before is None or event < before.since.event or newest < before.since.moment:
            # Nothing was read yet, or the database was put back and has other rows by now.
            before = _Reached(Since(EVER, 0, today), EVER, begin)
        seen = before.seen if newest == before.newest else begin
        since = before.since
        if newest < begin and begin - seen > OVERLAP:
            # It rests, and all of it was read. What a slow transaction still adds is read with
            # the next change.
            since = replace(since, moment=newest + timedelta.resolution)
        for found in unit.public.changed(since, today):
            _licence(unit, tree, found, sources.clock, look_ups=look_ups)
            count += 1
        waiting = frozenset(
            leaf
            for leaf in {*unit.public.claimed(since.moment), *before.waiting}
            if not _evidence(unit, tree, leaf)
        )
    tree.flush()
    reached = Since(max(min(begin, newest) - OVERLAP, EVER), event, today)
    _write_state(tree.root, _Reached(reached, newest, seen, waiting), look_ups=look_ups)
    return count


def _licence(
    unit: Unit, tree: StaticTree, found: PublicLicence, clock: Clock, *, look_ups: bool
) -> None:
    if found.leaf is None:
        return
    _evidence(unit, tree, found.leaf)
    if not look_ups:
        return
    today = shanghai_date(clock.now())
    tree.replace(f"v1/licences/{found.leaf.hex()}", encoded(describe(found, today)))
    view, code = unit.public, short_code(found.licence_json)
    if view.is_alone(found):
        # Nearly all are: one query and one file then serve all of its names.
        names = ((Key.NUMBER, found.licence_no), (Key.IDENTIFIER, found.elicence_id))
        first, second = (f"v1/licences/{key}/{_name(value)}" for key, value in names)
        tree.replace(first, encoded(described([found], today)))
        for other in (second, f"v1/licences/{Key.SHORT_CODE}/{code}", f"L/{code}"):
            tree.share(first, other)
        return
    answers = (
        (Key.NUMBER, found.licence_no, view.by_number(found.licence_no, most=MAX_FOUND)),
        (Key.IDENTIFIER, found.elicence_id, view.by_elicence_id(found.elicence_id, most=MAX_FOUND)),
        (Key.SHORT_CODE, code, view.by_short_code(found.short_code, most=MAX_FOUND)),
    )
    for key, value, versions in answers:
        tree.replace(f"v1/licences/{key}/{_name(value)}", encoded(described(versions, today)))
    tree.share(f"v1/licences/{Key.SHORT_CODE}/{code}", f"L/{code}")


def _evidence(unit: Unit, tree: StaticTree, leaf: Leaf) -> bool:
    """Write the evidence of a leaf, or that there is none yet; say whether there is."""
    path, evidence = f"v1/evidence/{leaf.hex()}", unit.public.evidence(leaf)
    if evidence is None:
        pending = {"code": Code.ANCHOR_PENDING.value, "status": 404}
        tree.replace(f"{path}{PENDING}", encoded(pending))
        return False
    tree.replace(path, evidence)
    tree.remove(f"{path}{PENDING}")
    return True


def _name(value: str) -> str:
    """Return what is looked up as the name of a file; it never leads elsewhere."""
    if "/" in value or "\0" in value or value.startswith("."):
        raise AnzhengError(Code.STORE_FAILED, "a number in the database is no name of a file")
    return value


def _logs(folder: Path, tree: StaticTree) -> None:
    for log in sorted(folder.glob("*/*")):
        promised = log / CHECKPOINT
        # Read before the tiles: what grows meanwhile is promised by a later one.
        checkpoint = promised.read_bytes() if promised.is_file() else None
        path = f"log/{log.relative_to(folder).as_posix()}"
        for place in sorted(log.rglob("*")):
            fixed = not place.name.startswith(".") and place != promised
            if fixed and place.is_file():
                tree.add_fixed(f"{path}/{place.relative_to(log).as_posix()}", place)
        if checkpoint is not None:
            tree.replace(f"{path}/{CHECKPOINT}", checkpoint)


# ---------------------------------------------------------------- how far was read


def _read_state(root: Path, *, look_ups: bool) -> _Reached | None:
    """Return how far the last export read; None for one of another kind, or a damaged memory."""
    try:
        value = json.loads((root / STATE).read_bytes())
        if (value["schema"], value["look_ups"]) != (SCHEMA, look_ups):
            return None
        moment, newest, seen = (_moment(value[name]) for name in ("moment", "newest", "seen"))
        since = Since(moment, int(value["event"]), date.fromisoformat(value["day"]))
        waiting = frozenset(Leaf(bytes.fromhex(leaf)) for leaf in value["waiting"])
        return _Reached(since, newest, seen, waiting)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _write_state(root: Path, reached: _Reached, *, look_ups: bool) -> None:
    value = {
        "schema": SCHEMA,
        "look_ups": look_ups,
        "moment": reached.since.moment.isoformat(),
        "event": reached.since.event,
        "day": reached.since.day.isoformat(),
        "newest": reached.newest.isoformat(),
        "seen": reached.seen.isoformat(),
        "waiting": sorted(leaf.hex() for leaf in reached.waiting),
    }
    write_durably(root / STATE, json.dumps(value).encode())
