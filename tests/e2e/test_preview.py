"""`anzheng preview`: pages that nobody could take for licences, and rows that cannot be drawn."""

import io
import json
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from anzheng.cli import run
from licence.formats import licence_json

SAMPLES = Path(__file__).parents[2] / "samples"
SECTIONS = {"cn-a4p/2": 2, "seed-a3/1": 4, "seed-a4/1": 4}
"""Of a licence of each profile that has nothing special: 正本, 副本, records, back."""


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """The first row of the samples, alone."""
    rows = json.loads((SAMPLES / "roster.json").read_text("utf-8"))
    place = tmp_path / "roster.json"
    place.write_text(json.dumps([rows[0]], ensure_ascii=False), "utf-8")
    return place


def _preview(home: Path, *words: str) -> int:
    return run(["--data-dir", str(home / "home"), "preview", *words, "--out", str(home / "out")])


def _text(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


@pytest.mark.parametrize(("template", "sections"), SECTIONS.items())
def test_a_preview_says_sample_and_has_nothing_to_sign(
    tmp_path: Path, roster: Path, template: str, sections: int
) -> None:
    profile = template.partition("/")[0]
    assert _preview(tmp_path, str(roster), "--profile", profile, "--page-png") == 0
    (place,) = (tmp_path / "out").glob("*.pdf")
    pdf = place.read_bytes()
    texts = _text(pdf)
    assert len(texts) >= sections
    assert "样本" in texts[0]
    pictures = sorted((tmp_path / "out").glob("*.png"))
    assert len(pictures) == len(texts)
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert "/AcroForm" not in opened.Root
        assert "/Perms" not in opened.Root
        (attached,) = opened.attachments.values()
        draft = licence_json.decode(attached.get_file().read_bytes()).draft
    assert (draft.kind.value, draft.template) == ("SAMPLE", template)


def test_a_preview_is_not_verified_as_a_licence(
    tmp_path: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _preview(tmp_path, str(roster)) == 0
    (place,) = (tmp_path / "out").glob("*.pdf")
    trust = tmp_path / "trust"
    home = str(tmp_path / "authority")
    assert run(["--data-dir", home, "authority", "create", str(SAMPLES / "bad_roster.json")]) == 0
    assert run(["--data-dir", home, "trust", "export", str(trust)]) == 0
    capsys.readouterr()
    words = ["verify", str(place), "--offline", "--trust", str(trust), "--json"]
    assert run(words) != 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "invalid"


def test_rows_that_an_import_would_refuse_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _preview(tmp_path, str(SAMPLES / "bad_roster.json"), "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert [row["row"] for row in said["rows"]] == [1, 8]
    assert {problem["row"] for problem in said["problems"]} == {2, 3, 4, 5, 6, 7}
    assert len(list((tmp_path / "out").glob("*.pdf"))) == 2


def test_nothing_is_kept_of_a_preview(
    tmp_path: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _preview(tmp_path, str(roster)) == 0
    capsys.readouterr()
    assert run(["--data-dir", str(tmp_path / "home"), "import", str(roster), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["new"] == 1


def test_an_unknown_profile_is_one_line(
    tmp_path: Path, roster: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _preview(tmp_path, str(roster), "--profile", "a5") == 1
    assert capsys.readouterr().err.startswith("TEMPLATE_UNKNOWN: ")
