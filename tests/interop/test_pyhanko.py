"""pyHanko on every finished licence: by its command line, and asked its three questions.

Its command `validate` knows nothing of the validation data inside the file: it fetches revocation
lists, or is told not to. `adesverify` judges B-LTA alone, which a file of one revision cannot be
(research pdf_judges 4).
"""

import http.server
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.status import SignatureCoverageLevel
from typing_extensions import override

from tests.interop import pdf_tools
from tests.interop.dossier import Dossier, alone
from tests.interop.rows import FIRSTS, NAMES

COMMAND = Path(sys.executable).with_name("pyhanko")
TWINS = ("flipped", "updated")

Said = dict[str, tuple[int, str]]


@pytest.fixture(scope="session")
def said(dossier: Dossier) -> Said:
    """What the command says of each file, by its stem."""

    def ask(files: Sequence[Path]) -> list[tuple[int, str]]:
        command = (sys.executable, "-m", "tests.interop.ask_pyhanko", dossier.root)
        done = pdf_tools.run(*command, *files)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        return [(each["code"], each["said"]) for each in answers]

    return dossier.judged("pyhanko", (*dossier.good, *map(dossier.twin, TWINS)), ask)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_judges_it_valid(said: Said, name: str) -> None:
    code, text = said[name]
    assert code == 0, text
    assert text.count("\nField ") == 1
    assert "The signer's certificate is trusted." in text
    assert "The TSA certificate is trusted." in text
    assert "The signature covers the entire file." in text
    assert "The signature is judged VALID." in text


@pytest.mark.parametrize(
    ("twin", "reason"),
    [
        ("flipped", "The signature is cryptographically unsound."),
        ("updated", "The signature does not cover the entire file."),
    ],
)
def test_the_command_line_says_why_it_refuses_a_twin(said: Said, twin: str, reason: str) -> None:
    code, text = said[twin]
    assert code == 1
    assert reason in text
    assert "The signature is judged INVALID." in text


@contextmanager
def _published(dossier: Dossier, files: Mapping[str, str]) -> Iterator[None]:
    """Serve files of the PKI where the certificates say that its lists are."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = files.get(self.path)
            content = (dossier.pki / name).read_bytes() if name is not None else b""
            self.send_response(HTTPStatus.OK if content else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", "application/pkix-crl")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    address = ("127.0.0.1", dossier.pki_port)
    with (
        alone(dossier.pki / "lock"),
        http.server.ThreadingHTTPServer(address, Handler) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("issuing", "judged", "why"),
    [
        ("issuing.crl", "VALID", "The TSA certificate is trusted."),
        ("revoked.crl", "INVALID", "end-entity certificate was revoked at"),
        (None, "INVALID", "no revocation information could be found for the end-entity"),
    ],
    ids=["not revoked", "revoked", "unknown"],
)
def test_the_command_line_asks_whether_the_signer_is_revoked(
    dossier: Dossier, issuing: str | None, judged: str, why: str
) -> None:
    lists = {"/root.crl": "root.crl"} | ({"/issuing.crl": issuing} if issuing else {})
    options = ("--trust", dossier.root, "--trust-replace", "--force-revinfo", "--pretty-print")
    with _published(dossier, lists):
        answer = pdf_tools.run(COMMAND, "sign", "validate", *options, dossier.file(FIRSTS[0]))
    text = answer.stdout + answer.stderr
    assert f"The signature is judged {judged}." in text
    assert why in text
    assert (answer.returncode == 0) == (judged == "VALID")


@pytest.mark.parametrize("name", NAMES)
def test_its_library_answers_three_questions(dossier: Dossier, name: str) -> None:
    """Is the signature good and trusted, is the whole file covered, was nothing changed since?"""
    status = pdf_tools.pyhanko(dossier.file(name), dossier.root, at=datetime.now(UTC))
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert status.modification_level is ModificationLevel.NONE
    assert status.docmdp_ok
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted


@pytest.mark.parametrize("twin", TWINS)
def test_its_library_refuses_the_twins(dossier: Dossier, twin: str) -> None:
    status = pdf_tools.pyhanko(dossier.twin(twin), dossier.root, at=datetime.now(UTC))
    assert not status.bottom_line
