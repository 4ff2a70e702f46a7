"""The command `verify`: artefacts in, one verdict each, the worst as exit code.

    anzheng verify 许可证.pdf --offline --trust trust/
    anzheng verify folder/ batch.zip '*.pdf' --csv results.csv
    python -m verifier 许可证.pdf --json

Whoever shows a licence can be asked to prove that it is theirs, by two files:

    anzheng verify --ask request.json --audience 某某招标中心 --purpose 投标
    anzheng verify 许可证.pdf --request request.json --presentation answer.json

Exit codes are those of the verdict table: 0 valid, 1 invalid, 2 undetermined, 3 usage, 4 foreign.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path

import typer

from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.fields import moment_text
from licence.formats.holder import encode_request
from licence.formats.report import Report
from licence.formats.verdict import TABLE, Verdict, worst_exit
from licence.ports import Clock, Entropy
from verifier import asked_once
from verifier import cli_options as options
from verifier import memory as memories
from verifier.asked_once import answered_path
from verifier.asking import Question, write_request
from verifier.cli_inputs import SIDECAR, Named, named
from verifier.cli_many import outcomes
from verifier.cli_open import Opened, Options, open_all
from verifier.cli_options import MAX_MINUTES
from verifier.cli_print import Printer, fail, tell, tell_error, write_anything
from verifier.cli_report import ReportPlace, write_csv, write_report
from verifier.cli_table import progress
from verifier.memory import Memory, memory_path
from verifier.offline import no_network
from verifier.policy import STRICT, Policy, Referee
from verifier.report_file.opening import SealPlace

__all__ = ["MAX_MINUTES", "SIDECAR", "Options", "put", "run", "tell", "verify_command"]


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
        files: options.Files = None,
        *,
        text: options.Text = None,
        workers: options.Workers = None,
        offline: options.Offline = False,
        trust: options.Trust = default_trust,
        at: options.At = None,
        accept_stale_hours: options.AcceptStaleHours = 0,
        registry: options.Registry = default_registry,
        rpc: options.Rpc = None,
        referee: options.AskReferee = Referee.ALWAYS,
        chain_proof: options.ChainProof = None,
        report_cert: options.ReportCert = None,
        request: options.Request = None,
        presentation: options.Presentation = None,
        challenge: options.Challenge = None,
        recipient: options.Recipient = None,
        ask: options.Ask = None,
        audience: options.Audience = "",
        purpose: options.Purpose = "",
        minutes: options.Minutes = 10,
        as_json: options.AsJson = False,
        details: options.Details = None,
        csv: options.Csv = None,
        report: options.Report = None,
        report_key: options.ReportKey = None,
        report_password: options.ReportPassword = None,
        report_tsa: options.ReportTsa = None,
    ) -> None:
        """核验许可证 Verify licences: valid, invalid, undetermined, or not of this system.

        With --request and --presentation the file is valid only if its holder answered.

        Exit code: 0 valid, 1 invalid, 2 undetermined, 3 usage, 4 foreign; the worst of several.

        Example: anzheng verify licence.pdf --offline --trust trust/
        """
        if ask is not None:
            alone = not (files or text) and request is None and presentation is None
            question = Question(ask, audience, purpose, timedelta(minutes=minutes), alone=alone)
            raise typer.Exit(put(question, clock, entropy, as_json=as_json))
        seal = None
        if report_key is not None and report_password is not None:
            seal = SealPlace(report_key, report_password, None if offline else report_tsa)
        chosen = Options(
            trust=trust,
            offline=offline,
            registry=None if offline else registry,
            rpc=None if offline else rpc,
            on=at.date() if at is not None else None,
            policy=_policy(accept_stale_hours, referee),
            request=request,
            presentation=presentation,
            chain_proof=chain_proof,
            texts=tuple(text or ()),
            challenge=challenge,
            purpose=purpose or None,
            recipient=recipient,
            reporters=tuple(report_cert or ()),
            workers=workers,
            details=details,
            csv=csv,
            report=report,
            seal=seal,
        )
        raise typer.Exit(run(files or [], chosen, clock, as_json=as_json, entropy=entropy))

    return command


def put(question: Question, clock: Clock, entropy: Entropy, *, as_json: bool) -> int:
    """Write a question to a holder, say so, and return the exit code."""
    try:
        request = write_request(question, now=clock.now(), entropy=entropy)
    except AnzhengError as error:
        return fail(error, as_json=as_json)
    if as_json:
        sys.stdout.write(encode_request(request).decode("utf-8") + "\n")
    else:
        until = moment_text(request.expires_at)
        sys.stdout.write(f"已写入 Written: {question.path}; 有效至 good until {until}\n")
        sys.stdout.write(
            "请交持证人应答 Hand it to the holder: anzheng wallet present FILE (by file), "
            "or wallet answer FILE (by code)\n"
        )
    return TABLE[Verdict.VALID].exit_code


def run(
    files: Sequence[Path],
    options: Options,
    clock: Clock,
    *,
    as_json: bool,
    entropy: Entropy | None = None,
) -> int:
    """Verify artefacts, print what was found, and return the exit code."""
    write_anything(as_json=as_json)
    guard: AbstractContextManager[None] = no_network() if options.offline else nullcontext()
    with guard, ExitStack() as stack:
        try:
            opened = open_all(
                files, options, clock.now(), lambda error: tell_error(error, as_json=as_json)
            )
            place = ReportPlace.of(options, opened.store, clock, entropy)
            items = named(files, options.texts, stack)
            printer = Printer(options, as_json=as_json, total=len(items))
            codes, memory = _verify_all(items, opened, options, clock, printer)
            printer.end()
            write_csv(options.csv, printer.kept)
            write_report(place, printer.answers)
        except AnzhengError as error:
            return fail(error, as_json=as_json)
        except Exception as error:  # noqa: BLE001 - Python would leave with 1, which says "invalid"
            broken = AnzhengError(Code.INTERNAL, f"this program failed: {error!r:.200}")
            return fail(broken, as_json=as_json)
    _remember(options.trust, opened.before, memory, as_json=as_json)
    return worst_exit(codes)


def _verify_all(
    items: Sequence[Named], opened: Opened, options: Options, clock: Clock, printer: "Printer"
) -> tuple[list[int], Memory]:
    """Verify everything; what cannot be read is said and stops nothing else."""
    codes: list[int] = []
    memory = opened.store.memory
    with progress(len(items), wanted=printer.many) as ticker:
        for name, outcome in outcomes(items, opened, options, clock):
            ticker.tick()
            if isinstance(outcome, AnzhengError):
                codes.append(printer.unread(outcome))
                continue
            memory = memory.joined(outcome.learned)
            codes.append(outcome.report.exit_code)
            _note_answer(opened, outcome.report, options.trust, clock)
            printer.say(name, outcome)
    if not codes:
        raise AnzhengError(Code.REQUEST_INVALID, "name a licence file; here is none")
    return codes, memory


def _note_answer(opened: Opened, report: Report, folder: Path, clock: Clock) -> None:
    """Close our question once its holder has answered it: the next presenter gets a new one."""
    holder = report.check(CheckName.HOLDER)
    if opened.question is None or holder is None or holder.state is not CheckState.PASSED:
        return
    closed = opened.answered.with_answer(opened.question, now=clock.now())
    asked_once.save(answered_path(folder), closed)


def _remember(folder: Path, before: Memory, memory: Memory, *, as_json: bool) -> None:
    """Keep what was learned; a folder that cannot be written takes nothing from the verdicts."""
    if memory == before:
        return
    try:
        memories.save(memory_path(folder), memory)
    except AnzhengError as error:
        tell_error(error, as_json=as_json)


def _policy(accept_stale_hours: int, referee: Referee) -> Policy:
    if (accept_stale_hours, referee) == (STRICT.accept_stale_hours, STRICT.referee):
        return STRICT
    return Policy("command line", accept_stale_hours=accept_stale_hours, referee=referee)
