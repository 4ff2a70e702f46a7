"""Which kind of artefact bytes are: every kind by its own mark, all the rest a file not of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from licence.formats.short_code import short_code
from licence.formats.verdict import Verdict
from tests.builders import make_world
from verifier.artefacts import (
    MAX_TEXT_BYTES,
    Ask,
    CopyFile,
    NumberText,
    PdfFile,
    QrText,
    ReportFile,
    recognise,
    recognise_text,
)
from verifier.policy import BATCH
from verifier.verify import verify_artefact

SHORT = short_code(b"{}")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", PdfFile),
        (b"\xef\xbb\xbf%PDF-1.7\n", PdfFile),
        (b"%PDF-1.7\n/F (anzheng-verification-report.json)", ReportFile),
        (b'{"copy_no":"1","schema":"anzheng-copy/v1"}', CopyFile),
        (b"HTTPS://WWW.EXAMPLE.CN/V#ABC", QrText),
        (b"  https://www.example.cn/L/ABC \r\n", QrText),
        (f"HTTPS://V.EXAMPLE/L/{SHORT}\n".encode(), NumberText),
        (f"https://v.example/sub/l/{SHORT[:-1].lower()}{SHORT[-1]}".encode(), NumberText),
        (f"https://v.example/#c={SHORT}".encode(), NumberText),
        (f"https://v.example/?next=/L/{SHORT}".encode(), QrText),
        (f"javascript:alert(1)/L/{SHORT}".encode(), QrText),
        ("（辽）WH安许证字〔2024〕0127".encode(), NumberText),
        ("\ufeff(辽)WH安许证字[2024]0127号\n".encode(), NumberText),
        (SHORT.encode(), NumberText),
        (f"{SHORT[:4]}-{SHORT[4:8]}-{SHORT[8:12]}-{SHORT[12:]}".lower().encode(), NumberText),
        ((SHORT[:-1] + ("0" if SHORT[-1] != "0" else "1")).encode(), NumberText),
    ],
)
def test_each_kind_is_known_by_its_mark(data: bytes, kind: type) -> None:
    assert type(recognise(data)) is kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"PK\x03\x04",
        b"\x89PNG\r\n",
        b"\xff\xfe",
        b"two\nlines: https://example.cn",
        b"https://example.cn/" + b"A" * MAX_TEXT_BYTES,
    ],
)
def test_what_fits_nowhere_is_a_file_that_is_not_ours(data: bytes) -> None:
    world = make_world()
    artefact = recognise(data, b"sidecar")
    assert artefact == PdfFile(data, b"sidecar")
    report, learned = verify_artefact(artefact, world.trust(), Ask(BATCH, world.now))
    assert (report.verdict, report.code) == (Verdict.FOREIGN, Code.NOT_A_LICENCE)
    assert learned == Ask(BATCH, world.now).memory


@given(st.binary(max_size=200))
def test_any_bytes_are_some_kind(data: bytes) -> None:
    assert recognise(data) is not None


@given(st.text(max_size=200))
def test_any_text_is_a_code_a_number_or_nothing(text: str) -> None:
    found = recognise_text(text)
    assert found is None or found.text == text.strip()
