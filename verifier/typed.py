"""Verify what somebody typed: a licence number, an e-licence identifier or a short code.

Nothing that was typed proves anything: the registry is asked, over TLS, and its answer is its word.
So a mistyped character is said before anybody is asked, offline there is no `valid`, and also then
the signed status lists must agree.

    what was typed   (5) the registry's answer   (7) status   (8) validity

Standard: DESIGN 4, table of artefacts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.domain.elicence_id import parse_elicence_id
from licence.domain.licence_no import folded
from licence.domain.model import LicenceVersion
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import canonical, licence_json
from licence.formats.canonical import JsonValue
from licence.formats.checks import CheckName, CheckResult, CheckState, failed, indeterminate, passed
from licence.formats.fields import Fields
from licence.formats.report import Report
from licence.formats.short_code import parse_short_code, short_code, short_code_of
from licence.formats.trust_types import Authority, Registry, TrustBundle
from licence.formats.verdict import Assurance
from licence.ids import Digest
from verifier.artefacts import Ask
from verifier.checks.c07_status import CODES
from verifier.checks.c09_holder import not_answered
from verifier.memory import Memory
from verifier.object_run import ObjectRun, facts_of_version
from verifier.ports import LookUp, LookUpKey, TrustView

STANDARD: Final = "anzheng registry, GET /v1/licences"
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
MAX_FOUND: Final = 50
_MISTYPED: Final = frozenset({Code.SHORT_CODE_CHECK, Code.ELICENCE_ID_CHECK})


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, in the spelling in which it is asked for."""

    by: LookUpKey
    value: str

    def names(self, found: "Found") -> bool:
        """Say whether an answer is about it."""
        draft = found.version.draft
        match self.by:
            case LookUpKey.NUMBER:
                return folded(draft.licence_no) == folded(self.value)
            case LookUpKey.IDENTIFIER:
                return draft.elicence_id == self.value
            case LookUpKey.SHORT_CODE:
                return short_code(found.data) == self.value


@dataclass(frozen=True, slots=True)
class Found:
    """One licence version in the registry's answer; its word, never a proof."""

    data: bytes
    version: LicenceVersion
    word: StatusWord
    is_anchored: bool


def check_number(text: str, trust: TrustView, ask: Ask) -> tuple[Report, Memory]:
    """Verify a number, an identifier or a short code."""
    digest = Digest(sha256(text.encode("utf-8", "surrogatepass")).digest())
    run = ObjectRun(trust, ask, digest, Assurance.REGISTRY_WORD)
    try:
        _check(run, text)
    except Exception as error:  # noqa: BLE001 - what breaks the verifier is never valid
        run.broke(error)
    return run.report(), run.standing.learned


def read_typed(text: str) -> Typed:
    """Say what somebody typed.

    Raises:
        AnzhengError: SHORT_CODE_CHECK or ELICENCE_ID_CHECK for a mistyped character;
            LICENCE_NO_FORMAT for what is none of the three.
    """
    for by, read in (
        (LookUpKey.SHORT_CODE, _short_code),
        (LookUpKey.IDENTIFIER, lambda typed: parse_elicence_id(typed).text),
        (LookUpKey.NUMBER, folded),
    ):
        try:
            return Typed(by, read(text.strip()))
        except AnzhengError as error:
            if error.code in _MISTYPED:
                raise
    raise AnzhengError(
        Code.LICENCE_NO_FORMAT, "neither a licence number nor an identifier nor a short code"
    )


def _short_code(text: str) -> str:
    return short_code_of(parse_short_code(text))


def _check(run: ObjectRun, text: str) -> None:
    try:
        found = _found(run, read_typed(text))
        authority, registry = _parties(found.version, run.trust.bundle)
    except AnzhengError as error:
        # Whatever is wrong here was typed, or said by a registry without proof: it is never "bad".
        unreached = error.code is Code.STATUS_NOT_AVAILABLE
        name = CheckName.STATUS if unreached else CheckName.DATA
        run.add(indeterminate(name, error.code, ("reason", error.message), standard=STANDARD))
        return
    draft, day = found.version.draft, run.ask.day
    run.facts = (
        *facts_of_version(found.version, found.data, authority),
        ("anchored", found.is_anchored),
    )
    run.add(passed(CheckName.DATA, ("source", "registry"), standard=STANDARD))
    status = run.standing.status(
        found.version.status, authority, registry, [run.trust.newest_signed_time], on=day
    )
    run.add(_with_word(status, found.word))
    run.add(run.standing.validity(draft.kind, draft.valid_from, draft.valid_to, status, on=day))
    if run.ask.wants_holder:
        run.add(not_answered())


def _found(run: ObjectRun, typed: Typed) -> Found:
    """Ask the registry, and take the newest version that it names."""
    online = run.ask.online
    if not isinstance(online, LookUp):
        raise AnzhengError(
            Code.STATUS_NOT_AVAILABLE, "a number proves nothing; the registry must be asked"
        )
    if not online.is_private:
        raise AnzhengError(Code.STATUS_NOT_AVAILABLE, "the registry is not asked over TLS")
    try:
        body = online.look_up(typed.by, typed.value)
    except AnzhengError as error:
        raise AnzhengError(Code.STATUS_NOT_AVAILABLE, error.message) from error
    found = [one for one in read_answer(body) if typed.names(one)] if body is not None else []
    if not found:
        raise AnzhengError(Code.NOT_FOUND, "the registry knows no such licence")
    return max(found, key=lambda one: one.version.draft.version)


def read_answer(body: bytes) -> tuple[Found, ...]:
    """Read the registry's answer to a search.

    Raises:
        AnzhengError: NOT_CHECKED, when it is none.
    """
    try:
        value: JsonValue = json.loads(body[: MAX_ANSWER_BYTES + 1])
        fields = Fields(value, where="answer", code=Code.NOT_CHECKED)
        return tuple(_read(one) for one in fields.items("licences", max_items=MAX_FOUND))
    except (AnzhengError, ValueError, RecursionError) as error:
        raise AnzhengError(Code.NOT_CHECKED, "no answer of a registry") from error


def _read(value: JsonValue) -> Found:
    fields = Fields(value, where="licence", code=Code.NOT_CHECKED)
    data = canonical.dumps(fields.value("licence"))
    status = fields.fields("status")
    word = status.value("word")
    if not isinstance(word, str) or word not in StatusWord.__members__:
        raise AnzhengError(Code.NOT_CHECKED, "a status word that is not known here")
    return Found(data, licence_json.decode(data), StatusWord[word], fields.boolean("anchored"))


def _parties(version: LicenceVersion, bundle: TrustBundle) -> tuple[Authority, Registry]:
    registry = bundle.registry(version.status.registry)
    authority = bundle.authority(version.draft.issuer_code)
    if registry is None or authority is None:
        raise AnzhengError(Code.REGISTRY_UNKNOWN, "the trust bundle knows no such registry")
    if version.draft.environment is not bundle.environment:
        raise AnzhengError(
            Code.ENVIRONMENT_MISMATCH, "a test licence in production, or the other way round"
        )
    return authority, registry


def _with_word(status: CheckResult, word: StatusWord) -> CheckResult:
    """Hold the signed list against the registry's word: it counts where it is more negative."""
    if word is StatusWord.NONE or status.state is CheckState.FAILED:
        return status
    facts: Sequence[tuple[str, str]] = (("registry_word", word.name.lower()),)
    return failed(CheckName.STATUS, CODES[word], *status.facts, *facts, standard=status.standard)
