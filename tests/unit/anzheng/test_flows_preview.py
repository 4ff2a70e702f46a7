"""The preview: the judgement of an import, pages that are samples, nothing stored."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from anzheng.flows.prepare import Preparer
from anzheng.flows.preview import Previewed, preview
from anzheng.flows.profiles import open_template, profile, with_profile
from anzheng.flows.roster import read_roster
from anzheng.store.database import Store
from licence.domain.model import Environment, Kind, LicenceVersion
from licence.errors import AnzhengError, Code
from licence.ids import RegistryId
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row
from tests.fakes.refusal import refuses

SAMPLES = Path(__file__).parents[3] / "samples"


@dataclass
class FakeDrawer:
    """Keeps what it was asked to draw."""

    asked: list[LicenceVersion] = field(default_factory=list)
    fails: bool = False

    def draw(self, version: LicenceVersion) -> bytes:
        self.asked.append(version)
        if self.fails:
            raise AnzhengError(Code.RENDER_FAILED, "no")
        return b"%PDF"


@pytest.fixture
def preparer(store: Store, clock: FakeClock) -> Preparer:
    return Preparer(
        store,
        clock,
        RegistryId("test-registry"),
        Environment.TEST,
        lambda text: tuple(ord(char) for char in text if ord(char) == 0x2B4B6),
    )


def test_every_page_of_a_preview_is_a_sample_whatever_the_row_is(preparer: Preparer) -> None:
    rows = read_roster((SAMPLES / "roster.json").read_bytes())
    drawer = FakeDrawer()
    drawn = list(preview(rows, preparer, drawer))
    assert all(one.pdf and not one.problems for one in drawn)
    assert len({one.name for one in drawn}) == len(rows)
    assert {version.draft.kind for version in drawer.asked} == {Kind.SAMPLE}


def test_nothing_of_a_preview_is_kept(preparer: Preparer, store: Store) -> None:
    list(preview([good_row()], preparer, FakeDrawer()))
    with store.read() as unit:
        assert unit.licences.counts() == {}


def test_bad_rows_are_named_and_good_ones_drawn(preparer: Preparer) -> None:
    rows = read_roster((SAMPLES / "bad_roster.json").read_bytes())
    drawn = list(preview(rows, preparer, FakeDrawer()))
    assert [one.row for one in drawn if one.pdf] == [1, 8]
    codes = {one.row: {problem.code for problem in one.problems} for one in drawn if one.problems}
    assert codes[2] == {Code.USCC_CHECK_DIGIT}
    assert codes[7] == {Code.GLYPH_MISSING}
    assert {problem.row for one in drawn for problem in one.problems} == {2, 3, 4, 5, 6, 7}


def test_a_page_that_cannot_be_drawn_is_a_problem_of_its_row(preparer: Preparer) -> None:
    (one,) = preview([good_row()], preparer, FakeDrawer(fails=True))
    assert isinstance(one, Previewed)
    assert [problem.code for problem in one.problems] == [Code.RENDER_FAILED]
    assert one.pdf == b""


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("cn-a4p", "cn-a4p/2"),
        ("cn-a4p/2", "cn-a4p/2"),
        ("seed-a3", "seed-a3/1"),
        ("seed-a4", "seed-a4/1"),
        ("hazchem-a4p", "hazchem-a4p/1"),
    ],
)
def test_a_short_name_means_the_newest_version(name: str, template: str) -> None:
    assert profile(name) == template


def test_a_closed_template_is_followed_by_the_newest_of_its_profile() -> None:
    assert open_template("cn-a4p/1") == "cn-a4p/2"
    assert open_template("seed-a3/1") == "seed-a3/1"
    with refuses(Code.TEMPLATE_CLOSED):
        profile("cn-a4p/1")


@pytest.mark.parametrize("name", ["", "seed", "seed-a3/9", "cn-a4p/", "/2"])
def test_an_unknown_profile_is_refused(name: str) -> None:
    with refuses(Code.TEMPLATE_UNKNOWN):
        profile(name)


def test_a_profile_is_given_to_rows_that_name_none_or_to_all() -> None:
    rows = [{"template": "cn-a4p/2"}, {}]
    some = with_profile(rows, "seed-a3/1", all_rows=False)
    assert [row["template"] for row in some] == ["cn-a4p/2", "seed-a3/1"]
    every = with_profile(rows, "seed-a3/1", all_rows=True)
    assert [row["template"] for row in every] == ["seed-a3/1", "seed-a3/1"]
    assert with_profile(rows, None, all_rows=True) == tuple(rows)
