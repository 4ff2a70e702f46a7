"""Verify licences: the numbered checks, one report, one verdict.

    report = verify(pdf, trust, policy=STRICT, now=clock.now())
    report.require()

Order of the work, and why it is not the order of the report. Nothing is parsed by a PDF library
before the signature was found to be that of a pinned authority; the signer's trust is judged last,
for it needs the times that the timestamp and the anchor prove.

    (1) container: byte gate                        (5) data: digest, licence.json, page text
    (2) signature: template, value                  (6) anchor: file, sidecar, registry
    (3) signer: path to a pinned root               (3) (4) trust at the proved times
    (1) container: gate on parsed objects           (7) status   (8) validity   (9) holder
    (4) timestamp: token                            second opinion

Standard: DESIGN 4.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from licence.errors import Code
from licence.formats.checks import CheckName, indeterminate
from licence.formats.report import Report
from verifier.artefacts import Artefact, Ask, CopyFile, NumberText, PdfFile, QrText, ReportFile
from verifier.checks.c09_holder import Presented, not_answered
from verifier.memory import Memory
from verifier.objects import check_copy, check_number, check_qr
from verifier.policy import Policy
from verifier.ports import Online, TrustView
from verifier.report_file.read import check_report_file
from verifier.steps import Verification
from verifier.unchecked import Believed, unchecked


def verify(  # noqa: PLR0913 - each is a fact that the verdict depends on, all but two optional
    pdf: bytes,
    trust: TrustView,
    *,
    policy: Policy,
    now: datetime,
    on: date | None = None,
    memory: Memory | None = None,
    sidecar: bytes | None = None,
    online: Online | None = None,
    presentation: Presented | None = None,
    chain_proof: bytes | None = None,
) -> Report:
    """Verify one licence file.

    Args:
        pdf: The file, from anywhere.
        trust: Trust bundle and status lists, already verified.
        policy: What the relying party demands.
        now: The time, aware: rules freshness and the clock check.
        on: The day asked about; today in China unless given.
        memory: What this verifier has seen before; nothing yet unless given.
        sidecar: Anchor evidence that came beside the file.
        online: The registry and the chains; offline unless given.
        presentation: Our question and the holder's answer, when somebody presented the licence.
        chain_proof: A status proof of the chain that came beside the file.

    Returns:
        The report. Whatever is wrong with the file stands in it; nothing is raised for it.
    """
    report, _ = verify_and_learn(
        pdf,
        trust,
        policy=policy,
        now=now,
        on=on,
        memory=memory,
        sidecar=sidecar,
        online=online,
        presentation=presentation,
        chain_proof=chain_proof,
    )
    return report


def verify_and_learn(  # noqa: PLR0913 - as `verify`
    pdf: bytes,
    trust: TrustView,
    *,
    policy: Policy,
    now: datetime,
    on: date | None = None,
    memory: Memory | None = None,
    sidecar: bytes | None = None,
    online: Online | None = None,
    presentation: Presented | None = None,
    chain_proof: bytes | None = None,
) -> tuple[Report, Memory]:
    """Verify one licence file, and return also what to remember for the next time.

    Arguments as for `verify`. Whoever keeps the memory finds out when a status list, or the time,
    is turned back.
    """
    ask = Ask(
        policy=policy,
        now=now,
        on=on,
        memory=memory if memory is not None else Memory(),
        online=online,
        presentation=presentation,
        chain_proof=chain_proof,
    )
    return verify_artefact(PdfFile(pdf, sidecar), trust, ask)


def verify_artefact(artefact: Artefact, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    """Verify whatever was handed over, by the checks of its kind.

    Args:
        artefact: A file, a copy, a code or a number; `recognise` tells bytes apart.
        trust: Trust bundle and status lists, already verified.
        ask: How.

    Returns:
        The report, and what to remember for the next time. Nothing is raised for what is wrong
        with the artefact.
    """
    if isinstance(artefact, PdfFile):
        return _verify_pdf(artefact, trust, ask)
    try:
        return _verify_other(artefact, trust, ask)
    except MemoryError:
        code, reason = Code.CHECK_OUT_OF_MEMORY, ""
    except Exception as error:  # noqa: BLE001 - what breaks the verifier is never valid
        code, reason = Code.INTERNAL, repr(error)[:200]
    believed = Believed.of(trust.bundle)
    return unchecked(artefact, ask, code, believed, ("reason", reason)), ask.memory


def _verify_other(
    artefact: CopyFile | QrText | NumberText | ReportFile, trust: TrustView, ask: Ask
) -> tuple[Report, Memory]:
    match artefact:
        case CopyFile():
            return check_copy(artefact.data, trust, ask)
        case QrText():
            return check_qr(artefact.text, trust, ask)
        case NumberText():
            return check_number(artefact.text, trust, ask)
        case ReportFile():
            return check_report_file(artefact.data, trust, ask)


def _verify_pdf(file: PdfFile, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    run = Verification(
        pdf=file.data,
        trust=trust,
        policy=ask.policy,
        now=ask.now,
        on=ask.day,
        memory=ask.memory,
        sidecar=file.sidecar,
        online=ask.online,
        presented=ask.presentation,
        chain_proof=ask.chain_proof,
    )
    try:
        run.check()
        if ask.request is not None and ask.presentation is None and run.licence is not None:
            run.add(not_answered())
    except MemoryError:
        run.add(indeterminate(CheckName.CONTAINER, Code.CHECK_OUT_OF_MEMORY))
    except Exception as error:  # noqa: BLE001 - a file that breaks the verifier is never valid
        run.add(indeterminate(CheckName.CONTAINER, Code.INTERNAL, ("reason", repr(error)[:200])))
    return run.report(), run.learned


def verify_many(
    files: Iterable[bytes],
    trust: TrustView,
    *,
    policy: Policy,
    now: datetime,
    on: date | None = None,
    memory: Memory | None = None,
    online: Online | None = None,
    workers: int | None = None,
) -> Iterator[Report]:
    """Verify many files on all cores; the referee is asked about a sample of them.

    Args as for `verify`; `workers` is how many child processes, 1 for none.

    Returns:
        A report for each file, in the order of the files, whatever one of them does.
    """
    from verifier.many import verify_each  # noqa: PLC0415 - its children import this module

    ask = Ask(policy, now, on, memory if memory is not None else Memory(), online)
    artefacts = (PdfFile(pdf) for pdf in files)
    return (answer.report for answer in verify_each(artefacts, trust, ask, workers=workers))
