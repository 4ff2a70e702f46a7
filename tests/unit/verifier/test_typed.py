"""Numbers that somebody typed: the registry's word, and never more."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import httpx
import pytest

from licence.domain.model import LicenceVersion
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.report import Report
from licence.formats.short_code import short_code
from licence.formats.verdict import Assurance, Verdict
from tests.builders import SIGNED_AT, World, make_world, side_row
from verifier.artefacts import Ask, NumberText
from verifier.caching import CachingOnline
from verifier.checks.register import unregistered
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.ports import LookUpKey, Online
from verifier.typed import Typed, read_typed
from verifier.verify import verify_artefact

NOW = SIGNED_AT + timedelta(minutes=10)


@dataclass(slots=True)
class Registry:
    """Answers like the public registry."""

    versions: list[LicenceVersion]
    word: str = "NONE"
    status_code: int = 200
    asked: list[str] = field(default_factory=list)

    def online(self, url: str = "https://registry.example") -> HttpRegistry:
        return HttpRegistry(url, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/licences":
            return httpx.Response(404)
        self.asked.append(str(request.url.query, "ascii"))
        found = [self._one(version) for version in self.versions]
        return httpx.Response(self.status_code, json={"licences": found})

    def _one(self, version: LicenceVersion) -> dict[str, object]:
        data = licence_json.encode(version)
        return {
            "leaf": None,
            "state": "published",
            "anchored": True,
            "assurance": "registry-word",
            "short_code": short_code(data),
            "licence": json.loads(data),
            "status": {"word": self.word, "events": []},
            "links": {},
        }


@pytest.fixture
def world() -> World:
    return make_world()


def judge(world: World, text: str, online: Online | None, **ask: object) -> Report:
    asked = replace(Ask(BATCH, NOW, online=online), **ask)  # type: ignore[arg-type]
    report, _ = verify_artefact(NumberText(text), world.trust(), asked)
    assert unregistered(report.checks) == ()
    return report


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


def code_of(version: LicenceVersion) -> str:
    return short_code(licence_json.encode(version))


def test_the_registrys_word_is_called_so(world: World) -> None:
    version = world.version()
    registry = Registry([version])
    for text in (version.draft.licence_no, version.draft.elicence_id, code_of(version)):
        report = judge(world, text, registry.online())
        assert said(report) == (Verdict.VALID, Code.OK)
        assert report.assurance is Assurance.REGISTRY_WORD
        assert report.licence is None
        assert dict(report.facts)["uscc"] == version.draft.uscc
    assert [query.partition("=")[0] for query in registry.asked] == [
        "number",
        "elicence_id",
        "short_code",
    ]


def test_a_short_code_is_typed_in_groups(world: World) -> None:
    code = code_of(world.version())
    typed = "-".join((code[:4], code[4:8], code[8:12], code[12:])).lower()
    assert read_typed(typed) == Typed(LookUpKey.SHORT_CODE, code)
    assert judge(world, typed, Registry([world.version()]).online()).verdict is Verdict.VALID


def test_offline_a_number_is_never_valid(world: World) -> None:
    report = judge(world, world.version().draft.licence_no, None)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_a_registry_without_tls_is_not_believed(world: World) -> None:
    registry = Registry([world.version()])
    number = world.version().draft.licence_no
    report = judge(world, number, registry.online("http://registry.example"))
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
    assert registry.asked == []
    local = judge(world, number, registry.online("http://127.0.0.1:8470"))
    assert local.verdict is Verdict.VALID


def test_a_mistyped_character_is_said_before_anybody_is_asked(world: World) -> None:
    version = world.version()
    registry = Registry([version])
    code = code_of(version)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    report = judge(world, wrong, registry.online())
    assert said(report) == (Verdict.UNDETERMINED, Code.SHORT_CODE_CHECK)
    identifier = version.draft.elicence_id
    other = identifier[:-1] + ("0" if identifier[-1] != "0" else "1")
    report = judge(world, other, registry.online())
    assert said(report) == (Verdict.UNDETERMINED, Code.ELICENCE_ID_CHECK)
    assert judge(world, "没有这种编号", registry.online()).code is Code.LICENCE_NO_FORMAT
    assert registry.asked == []


@pytest.mark.parametrize("word", [word for word in StatusWord if word is not StatusWord.NONE])
def test_a_negative_word_of_the_registry_counts(world: World, word: StatusWord) -> None:
    registry = Registry([world.version()], word=word.name)
    report = judge(world, world.version().draft.licence_no, registry.online())
    assert said(report) == (Verdict.INVALID, Code[f"STATUS_{word.name}"])


def test_the_signed_list_counts_against_a_registry_that_says_none(world: World) -> None:
    world.publish(
        {0: StatusWord.REVOKED}, rows=[side_row(0, StatusWord.REVOKED, date(2026, 11, 20))]
    )
    registry = Registry([world.version()])
    report = judge(world, world.version().draft.licence_no, registry.online())
    assert said(report) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_the_registry_alone_is_not_enough(world: World) -> None:
    trust = replace(world.trust(), lists={})
    ask = Ask(BATCH, NOW, online=Registry([world.version()]).online())
    report, _ = verify_artefact(NumberText(world.version().draft.licence_no), trust, ask)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_the_newest_version_answers(world: World) -> None:
    second = world.version(1, version=2, supersedes=1, change_no=1)
    registry = Registry([world.version(), second])
    report = judge(world, second.draft.licence_no, registry.online())
    assert dict(report.facts)["version"] == 2


def test_an_answer_about_another_licence_is_none(world: World) -> None:
    registry = Registry([world.version()])
    report = judge(world, "（辽）WH安许证字〔2024〕9999", registry.online())
    assert said(report) == (Verdict.UNDETERMINED, Code.NOT_FOUND)
    empty = judge(world, world.version().draft.licence_no, Registry([]).online())
    assert said(empty) == (Verdict.UNDETERMINED, Code.NOT_FOUND)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"licences":[{}]}', b'{"licences":1}', b"[" * 5_000]
)
def test_nonsense_is_no_answer(world: World, body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    online = HttpRegistry("https://registry.example", transport=transport)
    report = judge(world, world.version().draft.licence_no, online)
    assert said(report) == (Verdict.UNDETERMINED, Code.NOT_CHECKED)


def test_a_registry_that_fails_is_not_a_bad_licence(world: World) -> None:
    registry = Registry([world.version()], status_code=500)
    report = judge(world, world.version().draft.licence_no, registry.online())
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)


def test_a_word_that_nobody_knows_is_no_answer(world: World) -> None:
    registry = Registry([world.version()], word="FINE")
    report = judge(world, world.version().draft.licence_no, registry.online())
    assert said(report) == (Verdict.UNDETERMINED, Code.NOT_CHECKED)


def test_dates_are_judged(world: World) -> None:
    online = Registry([world.version()]).online()
    report = judge(world, world.version().draft.licence_no, online, on=date(2027, 3, 18))
    assert said(report) == (Verdict.INVALID, Code.EXPIRED)


def test_a_batch_asks_each_number_once(world: World) -> None:
    registry = Registry([world.version()])
    online = CachingOnline(registry.online())
    for _ in range(2):
        assert judge(world, world.version().draft.licence_no, online).verdict is Verdict.VALID
    assert len(registry.asked) == 1


def test_who_cannot_be_asked_says_so(world: World) -> None:
    class Deaf:
        """A registry that has no search."""

    online = CachingOnline(Deaf())  # type: ignore[arg-type]
    with pytest.raises(AnzhengError):
        online.look_up(LookUpKey.NUMBER, "x")
    report = judge(world, world.version().draft.licence_no, online)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_NOT_AVAILABLE)
