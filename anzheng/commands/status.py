"""`anzheng status`: show a licence's status, decide a change, confirm it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import (
    JsonFlag,
    Out,
    answering,
    read_file,
    read_hex,
    read_leaf,
    settings_of,
)

if TYPE_CHECKING:
    from anzheng.store.status import StoredDecision
    from anzheng.wiring import Installation
    from licence.formats.decision import Decision
    from licence.ids import Digest

app = typer.Typer(help="状态 Status: show, decide, confirm.", no_args_is_help=True)

LeafArgument = Annotated[str, typer.Argument(help="Leaf of the licence, 64 hex digits.")]
_DATE = ["%Y-%m-%d"]


@app.command()
def show(context: typer.Context, leaf: LeafArgument, *, as_json: JsonFlag = False) -> None:
    """查看状态 Show what the registry says about a licence.

    Example: anzheng status show 5f2c… --json
    """
    from anzheng.flows.look_up import describe, word_of
    from anzheng.wiring import open_store_base
    from licence.domain.validity import shanghai_date
    from licence.errors import AnzhengError, Code

    with answering(as_json=as_json) as out:
        wanted = read_leaf(leaf)
        with open_store_base(settings_of(context)) as base, base.store.read() as unit:
            row, seen = unit.licences.by_leaf(wanted), unit.public.by_leaf(wanted)
            if row is None or seen is None:
                raise AnzhengError(Code.NOT_FOUND, "this leaf is not known here")
            today = shanghai_date(base.clock.now())
            found, word = describe(seen, today), word_of(seen, today).name
            found["decisions"] = decided = [_decision(one) for one in unit.status.of_leaf(wanted)]
        first = f"{row.licence_no} v{row.version}: {seen.state}, status 状态 {word}"
        out.say(found, [first, *map(_line, decided)])


@app.command()
def waiting(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """待办 List the decisions that are not on the chain yet, and why those wait that need a person.

    Example: anzheng status waiting --json
    """
    from anzheng.wiring import open_store_base

    with answering(as_json=as_json) as out, open_store_base(settings_of(context)) as base:
        with base.store.read() as unit:
            found = [_decision(one) for one in unit.status.waiting()]
        out.say(found, [_line(one) for one in found] or ["no decision waits 没有待办"])


@app.command()
def retry(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(help="Digest of the decision, 64 hex digits.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """重试 Let a decision that waits for a person go on, once the cause is out of the way.

    Example: anzheng status retry 5f2c…
    """
    from anzheng.flows import status_chain
    from anzheng.wiring import open_installation
    from licence.ids import Digest

    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        digest = Digest(read_hex(decision))
        with open_installation(settings) as installation:
            base = installation.base
            status_chain.retry(base.store, base.clock, installation.offices, digest)
            _work(out, installation, digest, {})


@app.command()
def decide(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,
    word: Annotated[
        str,
        typer.Argument(
            help="suspended, none (give back), revoked, rescinded, withdrawn, cancelled, superseded"
        ),
    ],
    leaf: LeafArgument,
    decision: Annotated[Path, typer.Option(help="Where the signed decision is written.")],
    *,
    officer: Annotated[str, typer.Option(help="Officer who decides.")],
    document: Annotated[str, typer.Option(help="文号 Number of the decision.")] = "",
    ground: Annotated[str, typer.Option(help="Why.")],
    effective: Annotated[
        datetime | None,
        typer.Option(
            formats=_DATE,
            help="生效日 First day on which it counts; the day of the decision if absent.",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=_DATE, help="暂扣至 Last day of a suspension; 30 days on if absent."),
    ] = None,
    successor: Annotated[str | None, typer.Option(help="Leaf of the next version.")] = None,
    decided: Annotated[
        datetime | None,
        typer.Option(formats=_DATE, help="Day it was decided, if it is entered later."),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Key file; that of a trial if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """作出决定 Decide a change, sign it as first officer, and write or propose it on the chain.

    Example: anzheng status decide revoked 5f2c… --decision d.json --officer 1121000000TXT10121-1
    --document "(示例)1号" --ground 示例
    """
    from anzheng.flows import status as deciding
    from anzheng.flows.status_chain import start_of_day
    from anzheng.wiring import officer_key, open_installation
    from licence.domain.status import StatusWord
    from licence.errors import AnzhengError, Code
    from licence.ids import OfficerId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        if word.upper() not in StatusWord.__members__:
            raise AnzhengError(Code.REQUEST_INVALID, f"{word} is no status word")
        base = installation.base
        order = deciding.Order(
            leaf=read_leaf(leaf),
            word=StatusWord[word.upper()],
            document_no=document,
            ground=ground,
            effective_from=effective.date() if effective else None,
            until=until.date() if until else None,
            successor=read_leaf(successor) if successor else None,
            decided_at=start_of_day(decided.date()) if decided else None,
        )
        drafted = deciding.draft(base.store, base.clock, order)
        opened = officer_key(settings, OfficerId(officer), key)
        signed = deciding.sign(drafted, OfficerId(officer), opened)
        _carry_out(out, installation, signed, decision)


@app.command()
def confirm(
    context: typer.Context,
    decision: Annotated[Path, typer.Argument(help="File of the decision.")],
    *,
    officer: Annotated[str, typer.Option(help="The second officer.")],
    key: Annotated[Path | None, typer.Option(help="Key file; that of a trial if absent.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """复核决定 Sign a decision as second officer; another account then confirms it on the chain.

    Example: anzheng status confirm d.json --officer 1121000000TXT10121-2
    """
    from anzheng.flows import status as deciding
    from anzheng.wiring import officer_key, open_installation
    from licence.formats import decision as formats
    from licence.ids import OfficerId

    settings = settings_of(context)
    with answering(as_json=as_json) as out, open_installation(settings) as installation:
        opened = officer_key(settings, OfficerId(officer), key)
        signed = deciding.sign(formats.decode(read_file(decision)), OfficerId(officer), opened)
        _carry_out(out, installation, signed, decision)


@app.command()
def proof(
    context: typer.Context,
    out_file: Annotated[Path, typer.Argument(metavar="OUT", help="Where the proof is written.")],
    *,
    leaf: Annotated[list[str] | None, typer.Option(help="Leaf of a licence; may repeat.")] = None,
    index: Annotated[
        list[int] | None, typer.Option(min=0, help="Or its status index; may repeat.")
    ] = None,
    authority: Annotated[
        str | None, typer.Option(help="With --index: whose; the only one if absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """链上状态证明 Prove the status of licences as of the newest final block, for use offline.

    Needs a QBFT chain whose validators are pinned: see `anzheng trust validators`.

    Example: anzheng status proof status.proof --leaf 5f2c…
    """
    from anzheng.files import write_durably
    from anzheng.flows.status_proof import Wanted, find, make_status_proof
    from anzheng.nodes import contract_opener
    from anzheng.wiring import open_installation
    from licence.ids import AuthorityId, StatusIndex

    with (
        answering(as_json=as_json) as out,
        open_installation(settings_of(context)) as installation,
    ):
        served = [entry.id for entry in installation.estate.authorities]
        alone = served[0] if len(served) == 1 and not leaf else None
        wanted = Wanted(
            tuple(read_leaf(each) for each in leaf or []),
            tuple(map(StatusIndex, index or [])),
            AuthorityId(authority) if authority else alone,
        )
        owner, indexes = find(installation.base.store, wanted)
        opener = contract_opener(installation.chain)
        registry = installation.estate.registry
        made = make_status_proof(opener, installation.bundle, registry, owner, indexes)
        write_durably(out_file, made.data)
        _, first = made.statuses[0]
        out.say(
            {
                "file": str(out_file),
                "bytes": len(made.data),
                "block_number": first.block_number,
                "as_of": first.as_of.isoformat(),
                "statuses": {str(number): proved.status for number, proved in made.statuses},
            },
            [
                f"{out_file}: block {first.block_number}, as of {first.as_of.isoformat()}",
                *(f"index {number}: {proved.status}" for number, proved in made.statuses),
            ],
        )


def _carry_out(out: Out, installation: "Installation", signed: "Decision", place: Path) -> None:
    from anzheng.files import write_durably
    from anzheng.flows import status as deciding
    from licence.formats import decision as formats

    base = installation.base
    write_durably(place, formats.encode(signed))
    officers = installation.officers(signed.authority)
    stored = deciding.decide(base.store, base.clock, signed, officers)
    _work(out, installation, stored.digest, {"file": str(place)})


def _work(
    out: Out, installation: "Installation", digest: "Digest", more: dict[str, object]
) -> None:
    """Take everything as far as it goes, and say where the decision stands then.

    Where each process has its own keys, anchor and confirmer take it on.
    """
    from anzheng.flows.anchor import BatchRule
    from anzheng.jobs import run_until_quiet
    from licence.errors import AnzhengError, Code

    base = installation.base
    settings = base.settings
    if not settings.signer_url:
        run_until_quiet(
            installation,
            BatchRule(settings.anchor_batch_licences, settings.anchor_batch_seconds),
        )
    with base.store.read() as unit:
        found = unit.status.decision(digest)
    if found is None:
        raise AnzhengError(Code.INTERNAL, "the decision is not stored")
    said = _decision(found) | more
    out.say(said, [_line(said)])


def _decision(stored: "StoredDecision") -> dict[str, object]:
    from licence.formats import decision as formats

    read = formats.decode(stored.data)
    return {
        "decision": stored.digest.hex(),
        "word": read.word.name,
        "document_no": read.document_no,
        "effective_from": read.effective_from.isoformat(),
        "until": read.until.isoformat() if read.until else None,
        "state": stored.state.value,
        "officers": [signature.officer for signature in read.signatures],
        "parked": stored.parked_code.value if stored.parked_code else None,
    }


def _line(said: dict[str, object]) -> str:
    days = f"from {said['effective_from']}"
    if said["until"]:
        days += f" until {said['until']}"
    text = f"{said['word']} {said['document_no']} {days}: {said['state']}"
    if said["parked"]:
        text += f", waits for a person 需人工处理: {said['parked']}"
    return f"{text}; {said.get('file', said['decision'])}"
