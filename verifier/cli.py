"""The command `verify`: files in, one verdict each, the worst as exit code.

    anzheng verify 许可证.pdf --offline --trust trust/
    python -m verifier 许可证.pdf --json

Whoever shows a licence can be asked to prove that it is theirs, by two files:

    anzheng verify --ask request.json --audience 某某招标中心 --purpose 投标
    anzheng verify 许可证.pdf --request request.json --presentation answer.json

Exit codes are those of the verdict table: 0 valid, 1 invalid, 2 undetermined, 3 usage, 4 foreign.
"""

import io
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from licence.errors import AnzhengError, Code
from licence.formats.chain_proof import MAX_PROOF_BYTES
from licence.formats.fields import moment_text
from licence.formats.holder import MAX_REQUEST_LIFE, encode_request
from licence.formats.limits import MAX_EVIDENCE_BYTES, MAX_PDF_BYTES
from licence.formats.report import Report, encode
from licence.formats.verdict import EXIT_USAGE, TABLE, Verdict, worst_exit
from licence.ids import ChainId
from licence.ports import Clock, Entropy
from verifier import memory as memories
from verifier.asking import Question, read_presented, write_request
from verifier.checks.c09_holder import Presented
from verifier.memory import Memory, memory_path
from verifier.offline import no_network
from verifier.online import HttpRegistry
from verifier.policy import MAX_ACCEPT_STALE_HOURS, STRICT, Policy, Referee
from verifier.ports import Online
from verifier.rpc import RpcChain
from verifier.show import printable, show
from verifier.trust import TrustStore, load_trust
from verifier.trust_update import Source, update_trust, verifiers_lists
from verifier.verify import verify_and_learn

SIDECAR: Final = ".evidence"
"""`licence.pdf.evidence` beside `licence.pdf` is tried after the evidence in the file."""

MAX_MINUTES: Final = MAX_REQUEST_LIFE // timedelta(minutes=1)

_DATE: Final = ["%Y-%m-%d"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    Attributes:
        trust: Folder of the trust repository.
        offline: Whether no socket may be opened.
        registry: Where the registry is, when it may be asked.
        rpc: A chain node, when one may be asked.
        on: The day asked about, when it is not today.
        policy: What is demanded.
        request: File with our question to whoever presents the licence.
        presentation: File with the answer to it.
        chain_proof: File with a status proof of the chain.
    """

    trust: Path
    offline: bool
    registry: str | None
    rpc: str | None
    on: date | None
    policy: Policy
    request: Path | None = None
    presentation: Path | None = None
    chain_proof: Path | None = None


def verify_command(
    clock: Clock,
    entropy: Entropy,
    *,
    default_trust: Path = Path("trust"),
    default_registry: str | None = None,
) -> Callable[..., None]:
    """Return the function of the command, for any Typer application.

    Args:
        clock: Tells the time.
        entropy: For the nonces of `--ask`.
        default_trust: Trust folder when none is named.
        default_registry: Registry that is asked when none is named and `--offline` is not given.
    """

    def command(  # noqa: PLR0913 - one argument for each option
        files: Annotated[
            list[Path] | None, typer.Argument(help="许可证文件 Licence files (PDF).")
        ] = None,
        *,
        offline: Annotated[
            bool, typer.Option("--offline", help="不联网 Open no socket at all.")
        ] = False,
        trust: Annotated[
            Path, typer.Option(help="信任文件夹 Folder of the trust repository.")
        ] = default_trust,
        at: Annotated[
            datetime | None,
            typer.Option(help="查询日期 The day asked about; today unless given.", formats=_DATE),
        ] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help="One JSON report a file and line.")
        ] = False,
        accept_stale_hours: Annotated[
            int,
            typer.Option(
                min=0,
                max=MAX_ACCEPT_STALE_HOURS,
                help="Hours for which an expired status list still counts.",
            ),
        ] = 0,
        registry: Annotated[
            str | None, typer.Option(help="登记库 URL of the registry.")
        ] = default_registry,
        rpc: Annotated[str | None, typer.Option(help="URL of a chain node.")] = None,
        referee: Annotated[
            Referee, typer.Option(help="Whether pyHanko is asked too.")
        ] = Referee.ALWAYS,
        request: Annotated[
            Path | None, typer.Option(help="The request that you wrote by --ask.")
        ] = None,
        presentation: Annotated[
            Path | None, typer.Option(help="亮证应答 The holder's answer to it.")
        ] = None,
        chain_proof: Annotated[
            Path | None,
            typer.Option(help="链上状态证明 A status proof, as `anzheng status proof` makes it."),
        ] = None,
        ask: Annotated[
            Path | None,
            typer.Option(help="查验请求 Write a fresh request for the holder into this file."),
        ] = None,
        audience: Annotated[str, typer.Option(help="With --ask: who asks.")] = "",
        purpose: Annotated[str, typer.Option(help="With --ask: what for.")] = "",
        minutes: Annotated[
            int,
            typer.Option(min=1, max=MAX_MINUTES, help="With --ask: how long an answer is taken."),
        ] = 10,
    ) -> None:
        """核验许可证 Verify licences: valid, invalid, undetermined, or not of this system.

        With --request and --presentation the file is valid only if its holder answered.

        Exit code: 0 valid, 1 invalid, 2 undetermined, 3 usage, 4 foreign; the worst of several.

        Example: anzheng verify licence.pdf --offline --trust trust/
        """
        if ask is not None:
            alone = not files and request is None and presentation is None
            question = Question(ask, audience, purpose, timedelta(minutes=minutes), alone=alone)
            raise typer.Exit(put(question, clock, entropy, as_json=as_json))
        options = Options(
            trust=trust,
            offline=offline,
            registry=None if offline else registry,
            rpc=None if offline else rpc,
            on=at.date() if at is not None else None,
            policy=_policy(accept_stale_hours, referee),
            request=request,
            presentation=presentation,
            chain_proof=chain_proof,
        )
        raise typer.Exit(run(files or [], options, clock, as_json=as_json))

    return command


def put(question: Question, clock: Clock, entropy: Entropy, *, as_json: bool) -> int:
    """Write a question to a holder, say so, and return the exit code."""
    try:
        request = write_request(question, now=clock.now(), entropy=entropy)
    except AnzhengError as error:
        return _fail(error, as_json=as_json)
    if as_json:
        sys.stdout.write(encode_request(request).decode("utf-8") + "\n")
    else:
        until = moment_text(request.expires_at)
        sys.stdout.write(f"已写入 Written: {question.path}; 有效至 good until {until}\n")
        sys.stdout.write("请交持证人应答 Hand it to the holder: anzheng wallet present FILE\n")
    return TABLE[Verdict.VALID].exit_code


def run(files: Sequence[Path], options: Options, clock: Clock, *, as_json: bool) -> int:
    """Verify files, print what was found, and return the exit code."""
    _write_anything(as_json=as_json)
    console = Console(highlight=False, soft_wrap=True)
    guard: AbstractContextManager[None] = no_network() if options.offline else nullcontext()
    codes = []
    with guard:
        try:
            opened = _open(files, options, clock.now(), as_json=as_json)
            memory = opened.store.memory
        except AnzhengError as error:
            return _fail(error, as_json=as_json)
        for path in files:
            try:
                report, memory = _verify(path, opened, options, clock.now(), memory)
                codes.append(report.exit_code)
                _print(console, path.name, report, as_json=as_json)
            except AnzhengError as error:
                codes.append(_fail(error, as_json=as_json))
        _remember(options.trust, opened.before, memory, as_json=as_json)
    return worst_exit(codes)


def _write_anything(*, as_json: bool) -> None:
    """Let no name and no language setting stop a report: JSON is UTF-8, text is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if as_json and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def _print(console: Console, name: str, report: Report, *, as_json: bool) -> None:
    try:
        if as_json:
            sys.stdout.write(encode(report).decode("utf-8") + "\n")
        else:
            show(console, name, report)
        sys.stdout.flush()
    except OSError as error:
        # Nobody was told, so nobody may take the exit code for an answer.
        raise AnzhengError(
            Code.STORE_FAILED, f"the report cannot be written out: {error.strerror}"
        ) from error


def _remember(folder: Path, before: Memory, memory: Memory, *, as_json: bool) -> None:
    """Keep what was learned; a folder that cannot be written takes nothing from the verdicts."""
    if memory == before:
        return
    try:
        memories.save(memory_path(folder), memory)
    except AnzhengError as error:
        tell(error.code, error.message, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Opened:
    store: TrustStore
    before: Memory
    online: Online | None
    presented: Presented | None
    chain_proof: bytes | None


def _open(files: Sequence[Path], options: Options, now: datetime, *, as_json: bool) -> _Opened:
    """Load what is believed; online, bring it up to date first when the registry answers."""
    presented = read_presented(files, options.request, options.presentation)
    proof = options.chain_proof
    chain_proof = _read(proof, MAX_PROOF_BYTES + 1) if proof is not None else None
    if not options.trust.is_dir():
        raise AnzhengError(
            Code.REQUEST_INVALID, f"there is no trust folder {options.trust}; name one by --trust"
        )
    before = memories.load(memory_path(options.trust))
    store = None
    if options.registry is not None:
        store = _updated(options, before, now, as_json=as_json)
    if store is None:
        store = load_trust(options.trust, now=now, memory=before)
    online = _online(options, store) if options.registry is not None else None
    return _Opened(store, before, online, presented, chain_proof)


def _updated(
    options: Options, memory: Memory, now: datetime, *, as_json: bool
) -> TrustStore | None:
    try:
        source = Source(f"{(options.registry or '').rstrip('/')}/trust")
        return update_trust(options.trust, source, now=now, memory=memory, wanted=verifiers_lists)
    except AnzhengError as error:
        # What is stored still counts; how old it is, the checks will say.
        tell(error.code, error.message, as_json=as_json)
        return None


def _online(options: Options, store: TrustStore) -> Online:
    chains: dict[ChainId, RpcChain] = {}
    if options.rpc is not None:
        for registry in store.bundle.registries:
            for contract in registry.contracts:
                chains[contract.chain_id] = RpcChain(options.rpc, contract.chain_id)
    return HttpRegistry(options.registry or "", chains)


def _verify(
    path: Path, opened: _Opened, options: Options, now: datetime, memory: Memory
) -> tuple[Report, Memory]:
    report, learned = verify_and_learn(
        _read(path, MAX_PDF_BYTES + 1),
        opened.store,
        policy=options.policy,
        now=now,
        on=options.on,
        memory=memory,
        sidecar=_sidecar(path),
        online=opened.online,
        presentation=opened.presented,
        chain_proof=opened.chain_proof,
    )
    # A name may hold bytes that are no text at all.
    name = path.name.encode("utf-8", "backslashreplace").decode("utf-8")
    return replace(report, facts=(("file", name), *report.facts)), learned


def _sidecar(path: Path) -> bytes | None:
    """Return the evidence beside a file; what cannot be read is not there."""
    beside = path.with_name(path.name + SIDECAR)
    try:
        return _read(beside, MAX_EVIDENCE_BYTES + 1) if beside.is_file() else None
    except (AnzhengError, OSError):
        return None


def _read(path: Path, limit: int) -> bytes:
    """Read at most `limit` bytes: one more than is allowed, so that the check sees too many."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"the file {path} cannot be read") from error


def _policy(accept_stale_hours: int, referee: Referee) -> Policy:
    if (accept_stale_hours, referee) == (STRICT.accept_stale_hours, STRICT.referee):
        return STRICT
    return Policy("command line", accept_stale_hours=accept_stale_hours, referee=referee)


def _fail(error: AnzhengError, *, as_json: bool) -> int:
    """Print an error on one line; what could not be checked is undetermined, the rest usage."""
    tell(error.code, error.message, as_json=as_json)
    usage = error.code is Code.REQUEST_INVALID
    return EXIT_USAGE if usage else TABLE[Verdict.UNDETERMINED].exit_code


def tell(code: Code, message: str, *, as_json: bool) -> None:
    """Print an error on one line of standard error, whatever a path in it contains."""
    line = f"{code.value}: {printable(message)}"
    if as_json:
        # Escaped: a name may hold what is no text, and standard error may be no UTF-8.
        line = json.dumps({"code": code.value, "message": message})
    sys.stderr.write(f"{line}\n")
