"""The negative corpus: none of its files is valid, and each says why by its code."""

from collections import Counter
from pathlib import Path
from time import monotonic

import pytest

from licence.formats.verdict import Verdict
from tests.bad import corpus, delta, store
from tests.bad.case import Ask, Case, judge, trust_of
from tests.bad.desk import make_desk
from tests.bad.objects import bad_objects, judge_object
from tools import make_bad
from verifier.artefacts import Ask as Asked
from verifier.artefacts import PdfFile, recognise
from verifier.policy import PROFILES
from verifier.verify import verify_artefact

CASES = {case.id: case for case in store.load()}
GROUPS = sorted({case.group for case in CASES.values()})
WANTED_GROUPS = {
    *("container", "update", "shadow", "wrapping", "saved", "certification", "attachment"),
    *("active", "objects", "bomb", "page", "data", "cms", "signer", "timestamp", "dates"),
    *("evidence", "chain", "status", "list"),
}
LONGEST_SECONDS = 180
"""For one file, on a machine that does much else: what hangs takes for ever."""
MOST_MEGABYTES = 1_000
"""More than there were before."""


def megabytes(what: str) -> int:
    """Return what the kernel counts of this process: VmRSS, or VmHWM, its peak."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(found) // 1024


def _of(group: str) -> list[Case]:
    return [case for case in CASES.values() if case.group == group]


@pytest.mark.parametrize("group", GROUPS)
def test_every_bad_file_has_its_verdict_and_its_code(group: str) -> None:
    wrong: dict[str, tuple[str, str]] = {}
    # The peak begins anew: what other tests of this process once held is not ours.
    Path("/proc/self/clear_refs").write_text("5")
    before = megabytes("VmRSS")
    for case in _of(group):
        began = monotonic()
        report = judge(case.ask)
        assert monotonic() - began < LONGEST_SECONDS, case.id
        if (report.verdict, report.code) != (case.verdict, case.code):
            wrong[case.id] = (report.verdict, report.code)
    assert not wrong
    assert megabytes("VmHWM") - before < MOST_MEGABYTES


@pytest.mark.parametrize("part", range(4))
def test_no_bad_file_is_valid_as_another_kind_of_artefact(part: int) -> None:
    """Somebody who only hands over bytes cannot choose the checks that are made."""
    for case in list(CASES.values())[part::4]:
        artefact = recognise(case.ask.inputs["file"], case.ask.inputs.get("sidecar"))
        if isinstance(artefact, PdfFile):
            continue
        report, _ = verify_artefact(
            artefact, trust_of(case.ask), Asked(PROFILES["batch"], case.ask.now, case.ask.on)
        )
        assert report.verdict is not Verdict.VALID, case.id


@pytest.mark.parametrize(
    "mark", [b"%anzheng-verification-report\n", b"%anzheng-copy/v1\n", b"HTTPS://V.EXAMPLE/V#P1"]
)
def test_a_mark_of_another_kind_makes_no_file_valid(mark: bytes) -> None:
    good = store.bases()["licence"]
    ask = next(iter(CASES.values())).ask
    for file in (good + mark, mark + good, good.replace(b"%PDF-1.7\n", b"%PDF-1.7\n" + mark, 1)):
        asked = Asked(PROFILES["batch"], ask.now)
        report, _ = verify_artefact(recognise(file), trust_of(ask), asked)
        assert report.verdict is not Verdict.VALID


@pytest.mark.parametrize("kind", ["qr", "copy"])
def test_every_bad_object_has_its_verdict_and_its_code(kind: str) -> None:
    found = [each for each in bad_objects() if each.id.startswith(f"{kind}/")]
    assert len(found) >= 15
    for each in found:
        report = judge_object(each)
        assert (report.verdict, report.code) == (each.verdict, each.code), each.id


def test_no_case_expects_valid_and_all_groups_are_there() -> None:
    assert not [case for case in CASES.values() if case.verdict is Verdict.VALID]
    assert set(GROUPS) >= WANTED_GROUPS
    assert len(CASES) >= 600
    assert min(Counter(case.group for case in CASES.values()).values()) >= 3


@pytest.mark.parametrize("name", ["licence", "licence-5", "licence-long"])
def test_the_good_files_are_valid(name: str) -> None:
    """With the usual bundle and lists; otherwise every case above would prove nothing."""
    known = store.bases()
    lists = {each: known[each] for each in ("list", "side", "other-list", "other-side")}
    ask = Ask({"file": known[name], "bundle": known["bundle"], **lists})
    assert judge(ask, "default").verdict is Verdict.VALID


@pytest.mark.parametrize("part", range(8))
def test_the_second_opinion_makes_nothing_valid(part: int) -> None:
    """The same verdicts where pyHanko is asked too: it is asked of what is good otherwise."""
    for case in list(CASES.values())[part * 5 :: 40]:
        if case.ask.policy == "batch":
            report = judge(case.ask, "default")
            assert (report.verdict, report.code) == (case.verdict, case.code), case.id


def test_the_table_is_that_of_the_corpus() -> None:
    written = make_bad.PAGE.read_text("utf-8")
    assert written == make_bad.page(store.load()), "run `python -m tools.make_bad --page`"


def test_every_recipe_is_committed() -> None:
    assert [recipe.id for recipe in corpus.recipes()] == list(CASES)


def test_cases_can_be_written_as_files(tmp_path: Path) -> None:
    case = CASES["container/newline-after-the-end"]
    make_bad.write_out([case], tmp_path)
    written = tmp_path / "container" / "newline-after-the-end" / "file.pdf"
    assert written.read_bytes() == store.bases()["licence"] + b"\n"


@pytest.mark.parametrize(
    "data", [b"", b"x", bytes(9_000), bytes(range(256)) * 9, b"ab" * 40 + bytes(300) + b"ba" * 40]
)
def test_a_delta_gives_back_what_it_was_made_of(data: bytes) -> None:
    base = bytes(range(256)) * 20
    for one, other in ((base, data), (data, base), (base, data + base + data), (base, base)):
        assert delta.apply(one, delta.make(one, other)) == other


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_the_corpus_can_be_made_anew(part: int) -> None:
    """By the signer and the press of today: each file is judged as the committed one."""
    desk = make_desk()
    for recipe in corpus.recipes()[part::4]:
        made = recipe.cook(desk)
        report = judge(made.ask)
        assert (report.verdict, report.code) == (recipe.verdict, recipe.code), recipe.id
