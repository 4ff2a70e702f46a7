"""The demo ends as its story says; every verdict is asserted from what it leaves behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from anzheng.cli import run
from licence.formats import report as reports
from licence.formats.report import NOTICE, Report
from tests.e2e.conftest import Told

ROOT = Path(__file__).parents[2]

VERDICTS = {
    "05-presented": ("valid", "OK"),
    "05-replayed": ("invalid", "HOLDER_NONCE"),
    "05-data-code": ("valid", "OK"),
    "05-screen-code": ("valid", "OK"),
    "05-screen-other-digits": ("invalid", "HOLDER_NONCE"),
    "05-two-way": ("valid", "OK"),
    "05-two-way-replayed": ("invalid", "HOLDER_NONCE"),
    "06-online": ("valid", "OK"),
    "06-offline": ("valid", "OK"),
    "06-flipped": ("invalid", "SIGNATURE_BROKEN"),
    "06-bare-offline": ("undetermined", "ANCHOR_PENDING"),
    "06-bare-online": ("valid", "OK"),
    "07-suspended-online": ("invalid", "STATUS_SUSPENDED"),
    "07-revoked-online": ("invalid", "STATUS_REVOKED"),
    "07-superseded-online": ("invalid", "STATUS_SUPERSEDED"),
    "07-suspended-offline": ("invalid", "STATUS_SUSPENDED"),
    "07-revoked-offline": ("invalid", "STATUS_REVOKED"),
    "07-superseded-offline": ("invalid", "STATUS_SUPERSEDED"),
    "07-old-list-stale": ("undetermined", "STATUS_STALE"),
    "07-successor": ("valid", "OK"),
}

SCENES = {
    (1, "authorities set up"): "4 authorities",
    (1, "QR keys made"): "4 QR keys",
    (2, "good roster"): "12 in, 0 refused",
    (2, "bad roster"): "2 in, 6 refused",
    (2, "all five kinds of mistake are named"): "named",
    (2, "previews in every profile"): "cn-a4p seed-a3 seed-a4",
    (2, "imported again"): "12 same",
    (3, "altered after the release"): "RELEASE_DIGEST_MISMATCH",
    (3, "one officer only"): "RELEASE_TWO_OFFICERS",
    (3, "after the refusals"): "14 prepared, 0 signed",
    (3, "two officers release"): "4 releases",
    (4, "all published"): "14 published, 0 parked",
    (4, "a data code beside each"): "14 codes",
    (4, "every profile"): "cn-a4p/2 7, hazchem-a4p/1 1, seed-a3/1 3, seed-a4/1 3",
    (4, "one transaction an authority"): "4 batches",
    (5, "claimed"): "claimed",
    (5, "the same code once more"): "CLAIM_USED",
    (7, "all decisions on the chain"): "6 on chain",
    (8, "while the chain is away"): "CHAIN_UNAVAILABLE, 20 sent",
    (8, "each exactly once"): "20 files, 20 leaves, 1 batch, 20 valid",
    (8, "on the chain exactly once"): "3 batches",
}


def report_of(told: Told, name: str) -> Report:
    """Read a report that the demo left behind, strictly."""
    return reports.decode((told.folder / "reports" / f"{name}.json").read_bytes())


def test_everything_went_as_the_story_says(told: Told) -> None:
    assert [scene for scene in told.scenes if not scene.as_expected] == []
    assert told.as_expected


@pytest.mark.parametrize(("place", "found"), SCENES.items())
def test_scene(told: Told, place: tuple[int, str], found: str) -> None:
    (scene,) = [one for one in told.scenes if (one.chapter, one.en) == place]
    assert scene.found == found


@pytest.mark.parametrize(("name", "expected"), VERDICTS.items())
def test_verdict(told: Told, name: str, expected: tuple[str, str]) -> None:
    report = report_of(told, name)
    assert (report.verdict.value, report.code.value) == expected


def test_no_report_is_left_out(told: Told) -> None:
    assert {place.stem for place in (told.folder / "reports").iterdir()} == set(VERDICTS)


def test_every_report_says_that_it_is_a_sample(told: Told) -> None:
    for name in VERDICTS:
        assert report_of(told, name).notice == NOTICE


def test_it_leaves_what_was_promised(told: Told) -> None:
    pdfs = sorted(place.stem for place in (told.folder / "licences").glob("*.pdf"))
    evidence = sorted(place.stem for place in (told.folder / "evidence").glob("*.evidence"))
    assert len(pdfs) == 12 + 2 + 20
    assert evidence == pdfs
    for ending in (".qr.txt", ".qr.svg", ".label.svg"):
        named = sorted(
            place.name.removesuffix(ending) for place in told.folder.glob(f"codes/*{ending}")
        )
        assert named == pdfs
    assert (told.folder / "licence.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    root = (told.folder / "trust" / "root.crt").read_text()
    assert root.startswith("-----BEGIN CERTIFICATE-----")
    assert (told.folder / "wallet" / "licences").is_dir()
    index = json.loads((told.folder / "index.json").read_text())
    assert {Path(entry["file"]).stem for entry in index} == set(pdfs)
    assert len({entry["leaf"] for entry in index}) == len(pdfs)


def test_bad_rows_are_shown_with_row_field_and_code(told: Told) -> None:
    for text in (
        "第 2 行 row · uscc · USCC_CHECK_DIGIT",
        "第 3 行 row · valid_to · DATE_ORDER",
        "第 4 行 row · principal · TEXT_CONTROL_CHARACTER",
        "第 5 行 row · licence_no · LICENCE_NO_TWICE",
        "第 6 行 row · licence_no · LICENCE_NO_TWICE",
        "第 7 行 row · enterprise_name · GLYPH_MISSING",
    ):
        assert text in told.text


def test_it_ends_with_a_table_of_every_step(told: Told) -> None:
    table = told.text[told.text.rindex("演示结果") :]
    for scene in told.scenes:
        assert scene.en in table


@pytest.mark.parametrize(
    ("name", "code"), [("辽WH安许证字20240127-v1", 0), ("辽MB安许证字202402-v1", 1)]
)
def test_the_command_line_agrees_with_no_network(told: Told, name: str, code: int) -> None:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "verifier", str(told.folder / "licences" / f"{name}.pdf")),
            *("--offline", "--trust", str(told.folder / "trust"), "--json"),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        timeout=300,
    )
    assert ended.returncode == code, ended.stderr
    assert reports.decode(ended.stdout.strip()).exit_code == code


def test_private_keys_are_encrypted(told: Told) -> None:
    for place in told.folder.rglob("*.pem"):
        assert b"BEGIN PRIVATE KEY" not in place.read_bytes()
        assert b"BEGIN RSA PRIVATE KEY" not in place.read_bytes()
        assert b"BEGIN EC PRIVATE KEY" not in place.read_bytes()


def test_somebody_elses_folder_is_not_emptied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "precious").write_text("mine")
    assert run(["demo", "--out", str(tmp_path)]) == 1
    assert (tmp_path / "precious").read_text() == "mine"
    assert "CONFLICT" in capsys.readouterr().err
