"""The service as a process of its own: children, sockets, signals, a report key, too much load."""

import io
import json
import re
import signal
import socket
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.builders import Issued, make_world
from tests.fakes.entropy import SeededEntropy
from tools.bench.load import Target, hammer, post
from tools.bench.service import Running, running, write_trust
from verifier import STRICT, load_trust
from verifier.artefacts import Ask, recognise
from verifier.report_file.seal import make_report_key
from verifier.verify import verify_artefact

HERE = "/v1/verifications"
PDF = {"Content-Type": "application/pdf"}
PATIENCE = 120.0

Made = tuple[Path, tuple[Issued, ...]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A folder with a trust folder of today, and licences."""
    home = tmp_path_factory.mktemp("service")
    world = make_world("process")
    issued = world.issue_all([world.version(index) for index in range(3)])
    write_trust(world, home / "trust")
    return home, issued


def client_of(service: Running) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{service.port}", timeout=PATIENCE)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)


def zipped(pdfs: list[bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number, pdf in enumerate(pdfs):
            archive.writestr(f"{number}.pdf", pdf)
    return data.getvalue()


def test_a_licence_its_picture_and_a_sealed_report(made: Made, tmp_path: Path) -> None:
    home, issued = made
    now = datetime.now(UTC)
    password = tmp_path / "password"
    password.write_text("a long password of a test\n")
    make_report_key(
        tmp_path / "key",
        "某某银行核验服务",
        b"a long password of a test",
        now=now,
        entropy=SeededEntropy(),
    )
    settings = {"report_key": tmp_path / "key", "report_password_file": password}
    with running(home, **settings) as service, client_of(service) as client:
        answer = client.post(f"{HERE}?picture=true", content=issued[0].pdf, headers=PDF)
        assert (answer.status_code, answer.json()["verdict"]) == (200, "valid")
        place = answer.headers["Location"]
        picture = client.get(f"{place}/picture")
        assert picture.status_code == 200
        assert picture.headers["Content-Type"].startswith("image/")
        assert client.get(f"{place}/marks").json() == []
        about = client.get("/v1/service").json()
        assert about["reports"] is True
        report = client.get(f"{place}/report.pdf")
        assert report.headers["Content-Type"] == "application/pdf"
        batch = client.post(
            f"{HERE}:batch",
            content=zipped([each.pdf for each in issued]),
            headers={"Content-Type": "application/zip"},
        )
        place = batch.headers["Location"]
        until(lambda: client.get(place).json()["state"] == "done")
        assert client.get(place).json()["verdicts"] == {"valid": 3}
        many = client.get(f"{place}/results.pdf")
        # Its own reports it believes; without a timestamp they are undetermined, and say so.
        own = client.post(HERE, content=report.content, headers=PDF).json()
        assert own["assurance"] == "report"
        assert own["code"] not in {"REPORT_SIGNER_UNKNOWN", "NOT_A_LICENCE"}
    trust = load_trust(home / "trust", now=now)
    pinned = ((tmp_path / "key" / "report.crt").read_bytes(),)
    for each in (report, many):
        judged, _ = verify_artefact(
            recognise(each.content), trust, replace(Ask(STRICT, now), reporters=_ders(pinned))
        )
        # Signed by the key that is pinned; without a timestamp authority it stays undetermined.
        assert judged.verdict.value in {"valid", "undetermined"}
        assert judged.code.value not in {"NOT_A_LICENCE", "REPORT_SIGNER_UNKNOWN"}


def _ders(pems: tuple[bytes, ...]) -> tuple[bytes, ...]:
    from cryptography import x509  # noqa: PLC0415 - one call
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return tuple(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER) for pem in pems)


def test_bytes_that_bring_a_reader_down_are_undetermined_or_foreign(made: Made) -> None:
    home, issued = made
    good = issued[0].pdf
    inputs = [
        b"",
        b"%PDF-1.7\n",
        good[:-1],
        good + b"\n",
        good[:2_000] + b"\0" * 500 + good[2_500:],
        b"%PDF-1.7\n" + b"<<" * 200_000,
        b"%PDF-1.7\n" + b"[" * 200_000,
        good * 40,
    ]
    with running(home) as service, client_of(service) as client:
        for data in inputs:
            answer = client.post(HERE, content=data, headers=PDF)
            if not data:
                assert answer.status_code == 400
                continue
            assert answer.status_code == 200
            assert answer.json()["verdict"] != "valid"
        assert client.post(HERE, content=good, headers=PDF).json()["verdict"] == "valid"


def test_too_much_is_sent_away_with_a_time_and_never_judged_wrongly(made: Made) -> None:
    home, issued = made
    with running(home, waiting=2, workers=1) as service:
        with client_of(service) as client:
            # Its children are there when this is answered.
            assert client.post(HERE, content=issued[0].pdf, headers=PDF).status_code == 200
        requests = [post(HERE, each.pdf, "application/pdf") for each in issued]
        target = Target(service.port, requests, b'"verdict":"valid"')
        seen: set[int] = set()
        # On a busy machine three seconds may be over before the first is judged.
        for _ in range(20):
            load = hammer(target, connections=24, seconds=3)
            assert load.wrong == 0
            assert load.refused_without_word == 0
            seen |= set(load.statuses)
            if seen >= {200, 503}:
                break
    assert seen == {200, 503}


def test_it_ends_when_told_after_answering_what_is_under_way(made: Made) -> None:
    home, issued = made
    pdfs = [issued[number % 3].pdf for number in range(60)]
    with running(home) as service, client_of(service) as client:
        batch = client.post(
            f"{HERE}:batch", content=zipped(pdfs), headers={"Content-Type": "application/zip"}
        )
        place = batch.headers["Location"]
        # Files of strangers are in its memory: none of it may end on a disk.
        limits = Path(f"/proc/{service.process.pid}/limits").read_text("utf-8")
        assert re.search(r"Max core file size +0 ", limits)
        with ThreadPoolExecutor(5) as threads:
            following = threads.submit(_follow, service, place)
            until(lambda: client.get(place).json()["done"] > 0)
            asked = [threads.submit(_ask, service, issued[0].pdf) for _ in range(4)]
            until(lambda: any(each.done() for each in asked))
            service.process.send_signal(signal.SIGTERM)
            answers = [each.result(PATIENCE) for each in asked]
            events = following.result(PATIENCE)
        assert service.process.wait(PATIENCE) == 0
    # Answered, or never let in.
    assert set(answers) <= {"valid", "sent away"}
    assert "valid" in answers
    assert events.startswith("retry:")
    with running(home) as service, client_of(service) as client:
        summary = client.get(place).json()
        assert summary["state"] in {"done", "stopped"}
        results = client.get(f"{place}/results.json").json()["results"]
        assert {each["code"] for each in results} <= {"OK", "NOT_CHECKED"}
        assert sum(each["verdict"] == "valid" for each in results) == summary["done"]
    lines = (home / "log").read_text("utf-8").splitlines()
    assert {json.loads(line)["level"] for line in lines} <= {"info", "warning"}


def _ask(service: Running, pdf: bytes) -> str:
    try:
        with client_of(service) as client:
            answer = client.post(HERE, content=pdf, headers=PDF)
    except httpx.HTTPError:
        return "sent away"
    return answer.json()["verdict"] if answer.status_code == 200 else "sent away"


def _follow(service: Running, place: str) -> str:
    with client_of(service) as client, client.stream("GET", f"{place}/events") as answer:
        return "".join(answer.iter_text())


def test_a_body_that_never_ends_holds_nothing_for_ever(made: Made) -> None:
    home, issued = made
    with running(home, upload_seconds=1) as service, client_of(service) as client:
        head = f"POST {HERE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/pdf\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as line:
            line.sendall(f"{head}Content-Length: 1000\r\n\r\n%PDF-".encode())
            assert line.recv(64).startswith(b"HTTP/1.1 408")
        with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as line:
            line.sendall(f"{head}Content-Length: 60000000\r\n\r\n%PDF-".encode())
            assert line.recv(64).startswith(b"HTTP/1.1 413")
        assert client.post(HERE, content=issued[0].pdf, headers=PDF).json()["verdict"] == "valid"


@pytest.mark.slow
def test_a_registry_that_hangs_is_waited_for_once(made: Made) -> None:
    """What is in the trust folder goes on to count, and the report says what could not be asked."""
    home, issued = made
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with running(home, registry_url=url, workers=1) as service, client_of(service) as client:
            answers = [client.post(HERE, content=issued[0].pdf, headers=PDF)]
            assert asked_of(silent)
            answers.append(client.post(HERE, content=issued[1].pdf, headers=PDF))
            assert not asked_of(silent)
            answers += [client.post(HERE, content=each.pdf, headers=PDF) for each in issued * 2]
            ready = client.get("/readyz")
    assert {each.status_code for each in answers} == {200}
    codes = {each.json()["code"] for each in answers}
    assert not {"CHECK_TIMED_OUT", "CHECK_CRASHED"} & codes
    assert {each.json()["verdict"] for each in answers} <= {"valid", "undetermined"}
    assert ready.status_code == 200


def asked_of(silent: socket.socket) -> list[bytes]:
    """Return what children asked since the last time; the service itself asks for trust data."""
    silent.setblocking(False)  # noqa: FBT003 - the name of the standard library
    lines: list[bytes] = []
    while True:
        try:
            line, _ = silent.accept()
        except BlockingIOError:
            return [each for each in lines if b"/trust/" not in each]
        with line:
            line.settimeout(PATIENCE)
            lines.append(line.recv(4_096).partition(b"\r\n")[0])


def test_an_empty_folder_is_filled_from_the_registry(made: Made, tmp_path: Path) -> None:
    """What a service hands out under `/v1/trust` is a whole trust repository, first root apart."""
    home, issued = made
    with running(home) as first:
        settings = {
            "registry_url": f"http://127.0.0.1:{first.port}/v1",
            "first_root": home / "trust" / "metadata" / "1.root.json",
        }
        with running(tmp_path, **settings) as second, client_of(second) as client:
            until(lambda: client.get("/readyz").status_code == 200)
            answer = client.post(HERE, content=issued[0].pdf, headers=PDF).json()
    assert (answer["verdict"], answer["policy"]["online"]) == ("valid", True)
