"""A witness as a second agency runs it: a process of its own, killed, put back, lied to."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from anchor import witness_wire as wire
from anchor.log import AuthorityLog
from anchor.public_log import LogFolder
from anzheng import witness_http
from anzheng.files import write_durably
from anzheng.witness_home import WitnessHome
from anzheng.witness_http import HttpWitness, WitnessServer, serving
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import WitnessKey
from licence.formats.evidence import record_bytes
from licence.formats.verifier_key import encode_log_key, read_witness_key
from licence.ids import MerkleRoot
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import IDENTITY, LOG_KEY, ed25519, public, witness
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.unit.anchor.test_log import RECORD

ANZHENG = (sys.executable, "-c", "from anzheng.cli import main; main()", "witness")
START_SECONDS = 180


def anzheng(*words: str) -> dict[str, object]:
    """Run one command, and return what it says."""
    done = subprocess.run(
        [*ANZHENG, *words, "--json"], capture_output=True, check=False, timeout=START_SECONDS
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@dataclass
class Agency:
    """The folder of a witness, and the process that serves it."""

    folder: Path
    key: WitnessKey
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> HttpWitness:
        """Serve, at the same port as before."""
        process = subprocess.Popen(
            [*ANZHENG, "serve", str(self.folder), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert process.stdout is not None
        line = process.stdout.readline().decode().split()[0]
        self.port, self.process = int(line.rpartition(":")[2]), process
        return HttpWitness(self.key, line)

    def kill(self) -> None:
        """Leave the process no chance."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None


@pytest.fixture
def agency(tmp_path: Path) -> Iterator[Agency]:
    made = new_agency(tmp_path / "agency")
    yield made
    made.kill()


def new_agency(folder: Path, guard: str | None = None, shown: str | None = None) -> Agency:
    """Make what `witness init` and `witness add-log` make."""
    write_durably(folder / "password", b"password")
    home = WitnessHome(folder, b"password")
    key = home.begin("audit.example", guard)
    home.add_log(encode_log_key(LOG_KEY), shown, IDENTITY.origin)
    return Agency(folder, key)


def log_of(
    witnesses: Sequence[HttpWitness],
    threshold: int,
    store: MemoryAnchorStore | None = None,
    folder: LogFolder | None = None,
) -> AuthorityLog:
    """Return a log with one record more than its store had."""
    log = AuthorityLog(
        IDENTITY,
        ed25519("log").sign,
        store or MemoryAnchorStore(),
        witnesses,
        threshold,
        public=folder,
    )
    log.append(replace(RECORD, sequence=len(log.records()) + 1))
    return log


def test_second_agency_cosigns_and_shows_what_it_saw(tmp_path: Path) -> None:
    folder = tmp_path / "by hand"
    said = anzheng("init", str(folder), "--name", "audit.example")
    agency = Agency(folder, read_witness_key(str(said["verifier_key"])))
    anzheng("add-log", str(folder), encode_log_key(LOG_KEY), "--origin", IDENTITY.origin)
    far, store = agency.start(), MemoryAnchorStore()
    notes = [log_of([far], 1, store).cosigned_checkpoint() for _ in range(3)]
    for size, note in enumerate(notes, start=1):
        signed = checkpoints.parse(note)
        assert len(checkpoints.verify(signed, LOG_KEY, [agency.key], 1)) == 1
        assert signed.checkpoint.size == size
    agency.kill()
    said = anzheng("show", str(folder))
    root = checkpoints.parse(notes[-1]).checkpoint.root.hex()
    assert said["logs"] == [{"origin": IDENTITY.origin, "root": root, "size": 3}]


def test_killed_at_any_moment_it_never_signs_two_histories(agency: Agency) -> None:
    """The log asks all the time; the process is killed in between, and started again."""
    store = MemoryAnchorStore()
    for pause in (0.0, 0.01, 0.03):
        far = agency.start()
        stop = threading.Event()

        def ask(far: HttpWitness = far, stop: threading.Event = stop) -> None:
            while not stop.is_set():
                with suppress(AnzhengError):
                    log_of([far], 1, store).cosigned_checkpoint()

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.1 + pause)
        assert agency.process is not None
        agency.process.kill()
        stop.set()
        asking.join()
        agency.kill()
    far = agency.start()
    honest = log_of([far], 1, store)
    size = checkpoints.parse(honest.cosigned_checkpoint()).checkpoint.size
    assert size == len(honest.records())
    forked = MemoryAnchorStore()
    another = record_bytes(replace(RECORD, sequence=10_000))
    forked.logs = {place: [*records[:-1], another] for place, records in store.logs.items()}
    other = log_of([far], 1, forked)
    with refuses(Code.WITNESS_REFUSED):
        other.cosigned_checkpoint()


def test_only_one_process_serves_a_witness(agency: Agency) -> None:
    agency.start()
    assert anzheng("serve", str(agency.folder), "--port", "0")["code"] == Code.CONFLICT


@pytest.mark.parametrize("guarded", [True, False], ids=["guard", "public log"])
def test_witness_that_was_put_back_does_not_start(tmp_path: Path, *, guarded: bool) -> None:
    """The whole folder comes from yesterday's backup."""
    folder, public_folder = tmp_path / "w", LogFolder(tmp_path / "public")
    guard = str(tmp_path / "other disk") if guarded else None
    shown = None if guarded else str(public_folder.root)
    agency, store = new_agency(folder, guard, shown), MemoryAnchorStore()
    far = agency.start()
    log_of([far], 1, store, public_folder).cosigned_checkpoint()
    shutil.copytree(folder, tmp_path / "backup")
    for _ in range(2):
        log_of([far], 1, store, public_folder).cosigned_checkpoint()
    agency.kill()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    assert anzheng("serve", str(folder), "--port", "0")["code"] == Code.WITNESS_MEMORY


def test_bodies_are_bounded_before_they_are_read(agency: Agency) -> None:
    agency.start()
    for length, body, status in (
        (None, b"", 411),
        ("many", b"", 411),
        (str(wire.MAX_QUESTION_BYTES + 1), b"", 413),
        ("9" * 5_000, b"", 413),
        ("0" * 10 + "9" * 9, b"", 413),
        ("3", b"old", 400),
    ):
        asked = http.client.HTTPConnection("127.0.0.1", agency.port, timeout=60)
        asked.putrequest("POST", wire.PATH)
        if length is not None:
            asked.putheader("Content-Length", length)
        asked.endheaders(body)
        assert asked.getresponse().status == status
        asked.close()


def test_question_that_drips_in_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_http, "QUESTION_SECONDS", 0.4)
    one = witness("w1.example", MemoryWitnessStore(), FakeClock())
    with serving(WitnessServer(("127.0.0.1", 0), one)) as server:
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")
            with suppress(OSError):
                # The question would be whole after eight minutes.
                for _ in range(1_000):
                    slow.sendall(b"x")
                    time.sleep(0.1)
                pytest.fail("nobody cut it off")
        monkeypatch.undo()
        log_of([HttpWitness(one.key, server.url)], 1).cosigned_checkpoint()


def test_everything_else_is_not_there(agency: Agency) -> None:
    agency.start()
    asked = http.client.HTTPConnection("127.0.0.1", agency.port, timeout=60)
    for method, path, status in (
        ("GET", "/", 200),
        ("GET", "/memory.json", 404),
        ("POST", "/other", 404),
        ("DELETE", wire.PATH, 501),
    ):
        asked.request(method, path, body=b"" if method == "POST" else None)
        response = asked.getresponse()
        assert response.status == status
        response.read()
    asked.close()


@contextmanager
def bad_witness(name: str, act: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[HttpWitness]:
    """Run a witness that does what it likes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            act(self)

        @override
        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield HttpWitness(WitnessKey(name, public(name)), url, timeout_seconds=2.5)
    server.shutdown()
    thread.join()
    server.server_close()


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the other side is gone."""
    while handler.connection.recv(4_096):
        pass


def lie(handler: BaseHTTPRequestHandler) -> None:
    """A signature of something else, under the right name."""
    said = checkpoints.Checkpoint(IDENTITY.origin, 999, MerkleRoot(bytes(32)))
    key = WitnessKey("liar.example", public("liar.example"))
    line = checkpoints.cosign(said, key, RECORD.block_time, ed25519("liar.example").sign)
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(checkpoints.encode_lines([line]))


def test_slow_and_lying_witnesses_do_not_stop_the_log(agency: Agency) -> None:
    good = agency.start()
    with bad_witness("slow.example", hang) as slow, bad_witness("liar.example", lie) as liar:
        keys = [good.key, slow.key, liar.key]
        note = log_of([slow, liar, good], 1).cosigned_checkpoint()
        cosigned = checkpoints.verify(checkpoints.parse(note), LOG_KEY, keys, 1)
        assert [each.name for each in cosigned] == ["audit.example"]
        with refuses(Code.WITNESS_REFUSED):
            log_of([slow, liar, good], 2).cosigned_checkpoint()
