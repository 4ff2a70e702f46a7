"""The Java judges can say no: a judge that passes everything proves nothing."""

import subprocess
from pathlib import Path

import pikepdf
import pytest

from tests.interop import java_judges

pytestmark = pytest.mark.tools("java", "mvn", "openssl")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plain, broken = tmp_path / "plain.pdf", tmp_path / "broken.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)  # correct PDF, with neither tags nor metadata nor a signature
    broken.write_bytes(b"no PDF at all")
    return plain, broken


def test_verapdf_names_broken_rules_and_unreadable_files(files: tuple[Path, Path]) -> None:
    plain, broken = java_judges.judge_standards(files)
    assert not plain.passed
    assert "6.6.2.1-1" in plain.pdfa_3a  # no XMP metadata
    assert "7.1-8" in plain.pdfua_1
    assert not broken.passed
    assert broken.error


def test_dss_does_not_pass_what_is_not_signed(files: tuple[Path, Path], tmp_path: Path) -> None:
    root = tmp_path / "root.crt"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=root"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(root)),
        ],
        capture_output=True,
        check=True,
    )
    plain, broken = java_judges.judge_signatures(files, root=root)
    assert plain.signatures == ()
    assert not plain.passed
    assert not broken.passed
