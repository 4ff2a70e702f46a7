"""Other validators and ours: who disagrees, and why."""

from pathlib import Path

import pytest

from tests.bad import judges, store
from tools.judges import PAGE, page


def test_every_disagreement_has_its_reason() -> None:
    found = tuple(judges.disagreements(store.load(), judges.load()))
    assert len(found) > 100
    assert not [each.case.id for each in found if each.reason is None]


def test_the_page_is_that_of_the_answers() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m tools.judges --page`"


def test_every_file_was_asked_about() -> None:
    assert set(judges.files_of(store.load())) == set(judges.load())


@pytest.mark.parametrize("judge", judges.NAMES)
def test_all_judges_call_the_good_files_good(judge: str) -> None:
    known = store.bases()
    for name in judges.GOOD:
        assert judges.load()[judges.key_of(known[name])][judge] == "yes"


@pytest.mark.slow
@pytest.mark.tools("java", "mvn", "pdfsig")
def test_the_judges_answer_as_they_did(tmp_path: Path) -> None:
    """An answer that is another one today belongs into the page, with its reason."""
    assert judges.ask_all(store.load(), tmp_path) == judges.load()
