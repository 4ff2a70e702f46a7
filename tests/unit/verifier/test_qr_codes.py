"""QR objects beside their vectors: what is shown, what is remembered, what breaks nothing."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import httpx
import pytest
from typing_extensions import override

from licence.errors import Code
from licence.formats import licence_json
from licence.formats import report as reports
from licence.formats.checks import CheckName
from licence.formats.qr import Printed, printed_of
from licence.formats.short_code import short_code_of
from licence.formats.verdict import Assurance, Verdict
from licence.ids import AuthorityId, RegistryId
from tests.builders import SIGNED_AT, FakeTrust, World, make_world
from tests.fakes.copies import copy_of
from tests.fakes.qr_world import (
    CHALLENGE,
    QR_KEY,
    QUESTION,
    SHOWN_AT,
    Holder,
    make_holder,
    printed_code,
    with_qr_keys,
)
from verifier.artefacts import Artefact, Ask, CopyFile, NumberText, QrText, recognise_text
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.verify import verify_artefact

ASK = Ask(BATCH, SHOWN_AT)


@dataclass(frozen=True, slots=True)
class BrokenTrust(FakeTrust):
    """A store that breaks in a way that nobody foresaw."""

    @override
    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        raise RuntimeError("a defect")


@cache
def _holder() -> Holder:
    return make_holder(make_world())


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def trust(world: World) -> FakeTrust:
    return world.trust(with_qr_keys(world.bundle))


def said() -> Printed:
    return printed_of(_holder().version, leaf=_holder().leaf, issued_at=SIGNED_AT)


def test_what_is_to_be_compared_with_the_paper_is_shown(trust: FakeTrust) -> None:
    report, _ = verify_artefact(QrText(printed_code(said())), trust, ASK)
    facts, draft = dict(report.facts), _holder().version.draft
    assert (facts["licence_no"], facts["uscc"]) == (draft.licence_no, draft.uscc)
    assert facts["enterprise_name"] == draft.enterprise_name
    assert facts["short_code"] == short_code_of(said().licence_digest)
    assert (report.leaf, report.licence) == (_holder().leaf, None)
    read = reports.decode(reports.encode(report))
    assert dict(read.facts) == facts


def test_a_forged_code_shows_nothing_to_compare(trust: FakeTrust) -> None:
    text = printed_code(said())
    report, _ = verify_artefact(QrText(text[:-6] + "AAAAAA"), trust, ASK)
    assert report.verdict is Verdict.INVALID
    assert (report.facts, report.leaf) == ((), None)


def test_each_object_says_how_much_its_valid_means(trust: FakeTrust) -> None:
    spoken, asked = replace(ASK, challenge=CHALLENGE), replace(ASK, request=QUESTION)
    for text, ask, assurance, facts in (
        (printed_code(said()), ASK, Assurance.PRINT, {}),
        (_holder().screen(), spoken, Assurance.PRESENTER, {"challenge_checked": True}),
        (_holder().answer(), asked, Assurance.PRESENTER, {"audience": QUESTION.audience}),
    ):
        report, _ = verify_artefact(QrText(text), trust, ask)
        assert (report.verdict, report.assurance) == (Verdict.VALID, assurance)
        holder = report.check(CheckName.HOLDER)
        assert holder is not None
        assert facts.items() <= dict(holder.facts).items()


def test_times_and_lists_are_remembered(trust: FakeTrust) -> None:
    _, learned = verify_artefact(QrText(printed_code(said())), trust, ASK)
    assert learned.newest_signed_time == SIGNED_AT + timedelta(minutes=5)
    ((uri, at),) = learned.lists
    assert (uri.rpartition("/")[2], at) == ("0", SIGNED_AT + timedelta(minutes=5))


def test_a_code_from_the_future_does_not_set_our_memory(trust: FakeTrust) -> None:
    """One code dated wrongly would make every clock suspect for ever."""
    ahead = replace(said(), issued_at=SHOWN_AT + timedelta(days=400))
    report, learned = verify_artefact(QrText(printed_code(ahead)), trust, ASK)
    assert report.code is Code.CLOCK_SUSPECT
    assert learned.newest_signed_time < SHOWN_AT


@pytest.mark.parametrize("name", ["printed", "screen", "answer", "copy", "number"])
def test_what_breaks_the_verifier_is_never_valid(world: World, name: str) -> None:
    whole = world.trust(with_qr_keys(world.bundle))
    broken = BrokenTrust(whole.bundle, whole.lists)
    artefacts: dict[str, Artefact] = {
        "printed": QrText(printed_code(said())),
        "screen": QrText(_holder().screen()),
        "answer": QrText(_holder().answer()),
        "copy": CopyFile(copy_of(world, world.issue(world.version()))),
        "number": NumberText("\ud800"),
    }
    report, _ = verify_artefact(artefacts[name], broken, replace(ASK, request=QUESTION))
    assert report.verdict is Verdict.UNDETERMINED
    assert report.code in {Code.INTERNAL, Code.LICENCE_NO_FORMAT}


def test_codes_are_recognised_with_their_address_and_without() -> None:
    text = printed_code(said())
    assert recognise_text(f"  {text}\n") == QrText(text)
    bare = text.partition("#")[2]
    assert recognise_text(bare) == QrText(bare)
    assert recognise_text("K7Q2-5XMD") is None


@pytest.mark.parametrize(
    ("known", "status", "verdict", "code"),
    [
        (True, 200, Verdict.VALID, Code.OK),
        (False, 200, Verdict.UNDETERMINED, Code.NOT_FOUND),
        (False, 404, Verdict.UNDETERMINED, Code.NOT_FOUND),
        (False, 500, Verdict.VALID, Code.OK),
    ],
)
def test_the_registry_is_asked_about_codes_of_a_closed_key(
    world: World, *, known: bool, status: int, verdict: Verdict, code: Code
) -> None:
    """Whoever has a leaked key can antedate a code; the registry knows which licences there are."""
    answer = {
        "licence": json.loads(licence_json.encode(_holder().version)),
        "status": {"word": "NONE", "events": []},
        "anchored": True,
    }

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/licences":
            return httpx.Response(404)
        return httpx.Response(status, json={"licences": [answer] if known else []})

    online = HttpRegistry("https://registry.example", transport=httpx.MockTransport(serve))
    closed = with_qr_keys(world.bundle, replace(QR_KEY, valid_to=SIGNED_AT + timedelta(minutes=1)))
    ask = replace(ASK, online=online)
    report, _ = verify_artefact(QrText(printed_code(said())), world.trust(closed), ask)
    assert (report.verdict, report.code) == (verdict, code)
    # A key that is open vouches for its codes alone.
    usual = world.trust(with_qr_keys(world.bundle))
    report, _ = verify_artefact(QrText(printed_code(said())), usual, ask)
    assert report.verdict is Verdict.VALID
