"""`anzheng demo --faults`: bad nodes, a worker that is killed, and every licence valid, once."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from anzheng.demo.faults import KILLS, LICENCES, Plan, tell_faults
from anzheng.demo.story import Story
from tests.fakes.devchain import ANVIL

pytestmark = pytest.mark.tools(str(ANVIL))


def told(folder: Path, plan: Plan) -> Story:
    printed = io.StringIO()
    story = tell_faults(folder, Console(file=printed, width=200), plan)
    assert story.as_expected, printed.getvalue()
    return story


def check(story: Story, plan: Plan) -> None:
    found = {scene.en: scene.found for scene in story.scenes}
    assert found["valid"] == found["different files"] == str(plan.licences)
    assert found["killed by SIGKILL"] == str(plan.kills)
    assert found["each licence in exactly one batch"] == "yes"


def test_a_few_licences(tmp_path: Path) -> None:
    plan = Plan(licences=4, kills=1, seed=3)
    check(told(tmp_path / "out", plan), plan)


@pytest.mark.slow
def test_two_hundred_licences_and_ten_kills(tmp_path: Path) -> None:
    plan = Plan(licences=LICENCES, kills=KILLS, seed=2)
    check(told(tmp_path / "out", plan), plan)


def test_kills_are_spread_over_the_whole_way_and_can_be_repeated() -> None:
    plan = Plan()
    assert plan.moments() == Plan().moments() != Plan(seed=2).moments()
    assert len(plan.moments()) == KILLS
    assert plan.moments()[-1] < LICENCES * 4
