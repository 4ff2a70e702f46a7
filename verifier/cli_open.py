"""What the command `verify` works with: what is believed, whom it may ask, what it remembers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from licence.errors import AnzhengError, Code
from licence.formats.chain_proof import MAX_PROOF_BYTES
from licence.formats.holder import PresentationRequest
from licence.formats.screen_code import check_challenge
from licence.ids import ChainId
from verifier import asked_once
from verifier import memory as memories
from verifier.artefacts import Ask
from verifier.asked_once import Answered, answered_path
from verifier.asking import read_presented, read_question
from verifier.checks.c09_holder import Presented
from verifier.cli_inputs import read_file
from verifier.memory import Memory, memory_path
from verifier.online import HttpRegistry
from verifier.policy import Policy
from verifier.ports import Online
from verifier.report_file.opening import SealPlace
from verifier.report_file.reporters import load_reporters
from verifier.rpc import RpcChain
from verifier.trust import TrustStore, load_trust
from verifier.trust_update import Source, update_trust, verifiers_lists


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
        texts: Codes and numbers that were typed or scanned.
        challenge: The digits that were spoken to the holder of a screen code.
        purpose: What a screen code or copy must have been made for.
        recipient: Whom a copy must have been made for.
        reporters: Certificates of verifiers whose reports are believed.
        workers: Child processes; 1 for none; as fits the number of files unless given.
        details: Whether every check is shown; for a few artefacts unless given.
        csv: File for a table of the results.
        report: File for a verification report.
        seal: Key and timestamp authority of that.
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
    texts: tuple[str, ...] = ()
    challenge: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    reporters: tuple[Path, ...] = ()
    workers: int | None = None
    details: bool | None = None
    csv: Path | None = None
    report: Path | None = None
    seal: SealPlace | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything that was loaded.

    Attributes:
        store: What is believed.
        before: The memory as it was.
        online: Whom to ask, or None.
        ask: How each artefact is verified; time, memory and connection are put in for each.
        answered: Questions that were answered before.
    """

    store: TrustStore
    before: Memory
    online: Online | None
    ask: Ask
    answered: Answered = field(default_factory=Answered)

    @property
    def question(self) -> PresentationRequest | None:
        """Our question to a holder, if there is one."""
        presented = self.ask.presentation
        return presented.request if presented is not None else self.ask.request


def open_all(
    files: Sequence[Path], options: Options, now: datetime, tell: Callable[[AnzhengError], None]
) -> Opened:
    """Load what is believed; online, bring it up to date first when the registry answers.

    Args:
        files: What was named, for a presentation is about one of them.
        options: What is asked for.
        now: The time.
        tell: Told what did not work and stops nothing.

    Raises:
        AnzhengError: REQUEST_INVALID, TRUST_BUNDLE_REFUSED, STORE_FAILED.
    """
    presented, request = _question(files, options)
    proof = options.chain_proof
    chain_proof = read_file(proof, MAX_PROOF_BYTES + 1) if proof is not None else None
    if not options.trust.is_dir():
        raise AnzhengError(
            Code.REQUEST_INVALID, f"there is no trust folder {options.trust}; name one by --trust"
        )
    before = memories.load(memory_path(options.trust))
    store = None
    if options.registry is not None:
        store = _updated(options, before, now, tell)
    if store is None:
        store = load_trust(options.trust, now=now, memory=before)
    online = _online(options, store) if options.registry is not None else None
    ask = Ask(
        policy=options.policy,
        now=now,
        on=options.on,
        memory=store.memory,
        presentation=presented,
        chain_proof=chain_proof,
        request=request,
        challenge=check_challenge(options.challenge) if options.challenge is not None else None,
        purpose=options.purpose,
        recipient=options.recipient,
        reporters=load_reporters(options.trust, options.reporters),
    )
    opened = Opened(store, before, online, ask)
    if opened.question is None:
        return opened
    answered = asked_once.load(answered_path(options.trust))
    answered.refuse_twice(opened.question)
    return Opened(store, before, online, ask, answered)


def _question(
    files: Sequence[Path], options: Options
) -> tuple[Presented | None, PresentationRequest | None]:
    """Read our question, and the answer where it came as a file and not as a code."""
    if options.texts and options.request is not None and options.presentation is None:
        if files or len(options.texts) > 1:
            raise AnzhengError(Code.REQUEST_INVALID, "--request is about one answer, and no file")
        return None, read_question(options.request)
    if options.texts and not files and options.request is None and options.presentation is None:
        return None, None
    return read_presented(files, options.request, options.presentation), None


def _updated(
    options: Options, memory: Memory, now: datetime, tell: Callable[[AnzhengError], None]
) -> TrustStore | None:
    try:
        source = Source(f"{(options.registry or '').rstrip('/')}/trust")
        return update_trust(options.trust, source, now=now, memory=memory, wanted=verifiers_lists)
    except AnzhengError as error:
        # What is stored still counts; how old it is, the checks will say.
        tell(error)
        return None


def _online(options: Options, store: TrustStore) -> Online:
    chains: dict[ChainId, RpcChain] = {}
    if options.rpc is not None:
        for registry in store.bundle.registries:
            for contract in registry.contracts:
                chains[contract.chain_id] = RpcChain(options.rpc, contract.chain_id)
    return HttpRegistry(options.registry or "", chains)
