"""Batches: forms and ZIPs, progress, results, and files that are bad in every way."""

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from typing_extensions import override

from licence.errors import AnzhengError, Code
from tests.fakes.entropy import SeededEntropy
from tests.fakes.verifier_service import QuickEngine, RunningService, form, golden, service
from verifier.archive import Archive, ArchiveLimits
from verifier.artefacts import Artefact, Ask, PdfFile
from verifier.pool import Answer
from verifier.service.api_keys import KeyBook, NewKey
from verifier.service.batch_routes import MOST_FOLLOWERS
from verifier.table import safe_cell

HERE = "/v1/verifications:batch"
ZIP = {"Content-Type": "application/zip"}


@contextmanager
def talking(app: FastAPI) -> Iterator["Talk"]:
    """One event loop for a whole conversation: a batch goes on between two requests."""
    with asyncio.Runner() as runner:
        yield Talk(app, runner)


class Talk:
    """A client that keeps its loop."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self._app, self._runner = app, runner

    def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, content=content, headers=headers)

        return self._runner.run(send())

    def events(self, place: str, last: str = "") -> list[tuple[str, dict[str, object]]]:
        """Follow a batch to its end."""
        headers = {"Last-Event-ID": last} if last else None
        text = self.ask("GET", f"{place}/events", headers=headers).text
        found = []
        for block in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                found.append((fields["event"], json.loads(fields["data"])))
        return found


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[QuickEngine, RunningService]]:
    """A service that takes five files at once, for tests that change nothing about it."""
    engine, state = QuickEngine(), tmp_path_factory.mktemp("state")
    with service(state, engine, batch_files=5, address_per_minute=10_000) as made:
        yield engine, made


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return data.getvalue()


def test_a_form_of_files_is_judged_in_order(tmp_path: Path) -> None:
    names = ["good.pdf", "suspended.pdf", "foreign.pdf"]
    body, headers = form(*(("file", name, golden(name)) for name in names))
    with service(tmp_path) as made, talking(made.app) as talk:
        begun = talk.ask("POST", HERE, body, headers)
        assert begun.status_code == 202
        place = begun.headers["Location"]
        events = talk.events(place)
        assert [kind for kind, _ in events].count("result") == 3
        kind, summary = events[-1]
        assert kind == "end"
        assert summary["state"] == "done"
        assert summary["verdicts"] == {"valid": 1, "invalid": 1, "foreign": 1}
        results = talk.ask("GET", f"{place}/results.json").json()["results"]
        assert [each["name"] for each in results] == names
        assert [each["code"] for each in results] == ["OK", "STATUS_SUSPENDED", "NOT_A_LICENCE"]
        single = talk.ask("GET", f"/v1/verifications/{results[0]['id']}")
        assert single.json() == results[0]["report"]
        # Only what was not seen yet, when the browser comes back.
        assert [kind for kind, _ in talk.events(place, last="3")] == ["progress", "end"]


def test_a_table_opens_in_excel_and_holds_no_formula(tmp_path: Path) -> None:
    body, headers = form(("file", "=cmd|' calc'!A0.pdf", golden("good.pdf")))
    with service(tmp_path) as made, talking(made.app) as talk:
        place = talk.ask("POST", HERE, body, headers).headers["Location"]
        talk.events(place)
        table = talk.ask("GET", f"{place}/results.csv")
    assert table.content.startswith("\ufeff".encode())
    head, row = csv.reader(io.StringIO(table.content.decode("utf-8-sig")))
    assert len(head) == len(row)
    assert row[1].startswith("'=cmd")
    assert row[6:9] == [
        "大连镕犇化工有限公司",
        "91210213MA9TXT017B",
        "（辽）WH安许证字〔2024〕0127",
    ]


@pytest.mark.parametrize(
    "name", ["＝1+1", "＋1", "－1", "＠x", "  =1+1", "\u3000=1+1", "\t=1", "@x"]
)
def test_no_name_is_a_formula_in_any_spreadsheet(name: str) -> None:
    cell = safe_cell(name)
    assert cell.startswith(("'", "\ufffd"))
    assert cell.isprintable()


def test_a_zip_with_evidence_beside_its_files(tmp_path: Path) -> None:
    evidence = golden("good.pdf.evidence")
    body = zipped(
        {
            "a/good.bare.pdf": golden("good.bare.pdf"),
            "a/good.bare.pdf.evidence": evidence,
            "__MACOSX/a/._good.bare.pdf": b"x",
            "b/revoked.pdf": golden("revoked.pdf"),
            "alone.evidence": evidence,
        }
    )
    with service(tmp_path) as made, talking(made.app) as talk:
        place = talk.ask("POST", HERE, body, ZIP).headers["Location"]
        talk.events(place)
        results = talk.ask("GET", f"{place}/results.json").json()["results"]
    assert [(each["name"], each["code"]) for each in results] == [
        ("a/good.bare.pdf", "OK"),
        ("b/revoked.pdf", "STATUS_REVOKED"),
        ("alone.evidence", "NOT_A_LICENCE"),
    ]


def _bomb() -> bytes:
    data = bytearray(zipped({"a": bytes(1_000)}))
    # The table says 4 GB less a little; what is behind it does not matter.
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    return bytes(data)


def _encrypted() -> bytes:
    data = bytearray(zipped({"a": b"x"}))
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        (ZIP, b"", 400, "REQUEST_INVALID"),
        (ZIP, b"PK\x03\x04 no zip", 400, "REQUEST_INVALID"),
        (ZIP, zipped({}), 400, "REQUEST_INVALID"),
        (ZIP, zipped({f"{number}": b"x" for number in range(6)}), 413, "TOO_LARGE"),
        (ZIP, zipped({f"{number}": b"" for number in range(50)}), 413, "TOO_LARGE"),
        (ZIP, _bomb(), 413, "TOO_LARGE"),
        (ZIP, _encrypted(), 400, "REQUEST_INVALID"),
        (ZIP, zipped({"a": b"x"}, zipfile.ZIP_BZIP2), 400, "REQUEST_INVALID"),
        (ZIP, zipped({"a": b"x"})[:-30], 400, "REQUEST_INVALID"),
        (ZIP | {"Content-Length": "9999999999"}, b"", 413, "TOO_LARGE"),
        ({"Content-Type": "application/pdf"}, b"%PDF-", 415, "MEDIA_TYPE_UNSUPPORTED"),
    ],
    ids=(
        "empty",
        "no-zip",
        "no-file",
        "too-many",
        "far-too-many",
        "bomb",
        "encrypted",
        "other-method",
        "cut-off",
        "declared-length",
        "other-type",
    ),
)
def test_what_is_no_batch_is_refused_whole(
    shared: tuple[QuickEngine, RunningService],
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: str,
) -> None:
    engine, made = shared
    with talking(made.app) as talk:
        answer = talk.ask("POST", HERE, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert engine.seen == []


def test_one_bad_file_never_stops_the_rest(tmp_path: Path) -> None:
    body = zipped({"a": b"1", "c": b"3"}, zipfile.ZIP_STORED)
    damaged = bytearray(body)
    damaged[body.find(b"a1") + 1] ^= 1
    with service(tmp_path, QuickEngine()) as made, talking(made.app) as talk:
        place = talk.ask("POST", HERE, bytes(damaged), ZIP).headers["Location"]
        summary = talk.events(place)[-1][1]
        results = talk.ask("GET", f"{place}/results.json").json()["results"]
        table = talk.ask("GET", f"{place}/results.csv").text
    assert summary["refused"] == 1
    assert [each["code"] for each in results] == ["REQUEST_INVALID", "NOT_CHECKED"]
    assert results[0]["verdict"] is None
    assert "未核验" in table


def test_quotas_count_the_files_of_a_batch(tmp_path: Path) -> None:
    body, headers = form(*(("file", f"{number}.pdf", b"x") for number in range(4)))
    with service(tmp_path, QuickEngine(), address_per_day=6) as made, talking(made.app) as talk:
        assert talk.ask("POST", HERE, body, headers).status_code == 202
        answer = talk.ask("POST", HERE, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "QUOTA_EXCEEDED")


class StuckEngine(QuickEngine):
    """Checks nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__(workers=1)
        self.let_go = asyncio.Event()
        self.most = 0
        self._inside = 0

    @override
    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        self._inside += 1
        self.most = max(self.most, self._inside)
        try:
            await self.let_go.wait()
        finally:
            self._inside -= 1
        return await super().check(artefact, ask, picture=picture)


def begun(made: RunningService, talk: Talk, files: int = 3) -> str:
    """Begin with a batch that cannot end, and return its address."""
    body, headers = form(*(("file", f"{number}.pdf", b"x") for number in range(files)))
    answer = talk.ask("POST", HERE, body, headers)
    assert answer.status_code == 202
    assert made.opened.gate.inside == 0
    return answer.headers["Location"]


def test_results_come_when_it_is_done(tmp_path: Path) -> None:
    engine = StuckEngine()
    with service(tmp_path, engine) as made, talking(made.app) as talk:
        place = begun(made, talk)
        early = talk.ask("GET", f"{place}/results.json")
        assert (early.status_code, early.json()["code"]) == (409, "BATCH_UNFINISHED")
        assert talk.ask("GET", place).json()["state"] == "running"
        engine.let_go.set()
        assert talk.events(place)[-1][1]["done"] == 3
        assert engine.most == 2
        assert talk.ask("GET", f"{place}/results.json").status_code == 200


def test_so_many_batches_at_once(tmp_path: Path) -> None:
    engine = StuckEngine()
    with service(tmp_path, engine, batches=1) as made, talking(made.app) as talk:
        place = begun(made, talk)
        body, headers = form(("file", "x.pdf", b"x"))
        answer = talk.ask("POST", HERE, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
        engine.let_go.set()
        talk.events(place)
        assert talk.ask("POST", HERE, body, headers).status_code == 202


def test_a_batch_that_could_not_end_says_what_was_not_checked(tmp_path: Path) -> None:
    engine = StuckEngine()
    with service(tmp_path, engine) as made, talking(made.app) as talk:
        place = begun(made, talk)
        made.opened.gate.stop_asked.set()
        talk._runner.run(made.opened.parts.batches.batches.stop(0.01))
        summary = talk.ask("GET", place).json()
        results = talk.ask("GET", f"{place}/results.json").json()["results"]
    assert summary["state"] == "stopped"
    assert {each["code"] for each in results} == {"NOT_CHECKED"}
    assert {each["verdict"] for each in results} == {None}


def test_the_same_key_begins_one_batch(tmp_path: Path) -> None:
    engine = QuickEngine()
    body, headers = form(("file", "x.pdf", b"x"))
    headers |= {"Idempotency-Key": "batch one"}
    with service(tmp_path, engine) as made, talking(made.app) as talk:
        places = {talk.ask("POST", HERE, body, headers).headers["Location"] for _ in range(3)}
        assert len(places) == 1
        talk.events(places.pop())
        other, _ = form(("file", "y.pdf", b"y"))
        assert talk.ask("POST", HERE, other, headers).json()["code"] == "IDEMPOTENCY_MISMATCH"
    assert engine.seen == [PdfFile(b"x")]


def test_names_from_old_chinese_windows_can_be_read() -> None:
    data = zipped({"xxxxxx.pdf": b"x"}).replace(b"xxxxxx", "许可证".encode("gb18030"))
    assert [each.name for each in Archive(io.BytesIO(data)).entries] == ["许可证.pdf"]


def test_an_archive_that_unpacks_to_more_than_it_said() -> None:
    data = bytearray(zipped({"a": bytes(100_000), "b": bytes(100_000)}))
    limits = ArchiveLimits(entry_bytes=1_000, total_bytes=250_000)
    archive = Archive(io.BytesIO(bytes(data)), limits)
    # One byte more than is allowed of a file, so that the check sees too many.
    assert len(archive.read(archive.entries[0])) == 1_001
    archive = Archive(io.BytesIO(bytes(data)), ArchiveLimits(total_bytes=200_000))
    archive.read(archive.entries[0])
    with pytest.raises(AnzhengError) as caught:
        archive.read(archive.entries[1])
    assert caught.value.code is Code.TOO_LARGE


def test_fields_of_a_form_are_asked_of_each_file(tmp_path: Path) -> None:
    body, headers = form(("at", None, b"2026-11-01"), ("file", "a.pdf", b"x"))
    with service(tmp_path, QuickEngine()) as made, talking(made.app) as talk:
        place = talk.ask("POST", HERE, body, headers).headers["Location"]
        talk.events(place)
        (found,) = talk.ask("GET", f"{place}/results.json").json()["results"]
        assert found["report"]["on"] == "2026-11-01"
        for field in (("at", None, b"yesterday"), ("profile", None, b"x"), ("request", None, b"Q")):
            body, headers = form(field, ("file", "a.pdf", b"x"))
            answer = talk.ask("POST", HERE, body, headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "REQUEST_INVALID")


def test_callers_without_a_key_leave_room_for_those_with_one(tmp_path: Path) -> None:
    engine = StuckEngine()
    with service(tmp_path, engine, batches=4) as made, talking(made.app) as talk:
        book = KeyBook(tmp_path / "api-keys.json")
        now = made.clock.now()
        end = now + timedelta(days=1)
        _, key = book.make(NewKey("bank"), now=now, expires_at=end, entropy=SeededEntropy("key"))
        begun(made, talk)
        begun(made, talk)
        body, headers = form(("file", "x.pdf", b"x"))
        answer = talk.ask("POST", HERE, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
        with_key = talk.ask("POST", HERE, body, headers | {"X-Api-Key": key})
        assert with_key.status_code == 202
        engine.let_go.set()
        talk.events(with_key.headers["Location"])


def test_all_batches_together_have_so_much_of_the_disk(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made, talking(made.app) as talk:
        room = made.opened.parts.batches.room
        room.max_bytes = 10
        body, headers = form(("file", "x.pdf", b"x" * 11))
        answer = talk.ask("POST", HERE, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
        assert room.used == 0
        body, headers = form(("file", "x.pdf", b"x" * 10))
        place = talk.ask("POST", HERE, body, headers).headers["Location"]
        talk.events(place)
        assert room.used == 0


def test_so_many_may_follow_a_batch_at_once(tmp_path: Path) -> None:
    engine = StuckEngine()
    with service(tmp_path, engine) as made, talking(made.app) as talk:
        place = begun(made, talk)
        followers = made.opened.parts.batches.followers
        followers[place.rpartition("/")[2]] = MOST_FOLLOWERS
        answer = talk.ask("GET", f"{place}/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
        followers.clear()
        engine.let_go.set()
        assert talk.events(place)[-1][0] == "end"
        assert not followers
