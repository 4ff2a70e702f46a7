"""What is kept: bounded, forgotten in time, and unreadable without its address."""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from typing_extensions import override

from licence.errors import AnzhengError, Code
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.verifier_service import QuickEngine, golden, service
from tests.fakes.web import AppClient
from verifier.service.idempotency import CLAIM, PART, Answers, Once
from verifier.service.logs import open_log
from verifier.service.shelf import LocalShelf
from verifier.service.stores import SteadyShelf
from verifier.service.vault import Vault, is_id, new_id

LIFE = timedelta(hours=24)


def test_what_is_kept_is_forgotten_in_time() -> None:
    clock = FakeClock()
    shelf = LocalShelf(clock, 1_000)

    async def story() -> None:
        until = clock.now() + LIFE
        await shelf.put(b"a", b"1", until=until)
        await shelf.put(b"a", b"22", until=until)
        assert await shelf.get(b"a") == b"22"
        assert await shelf.put_new(b"a", b"3", until=until) == b"22"
        assert shelf.kept_bytes == 2
        clock.advance(LIFE)
        assert await shelf.get(b"a") is None
        assert await shelf.put_new(b"a", b"4", until=clock.now() + LIFE) is None
        assert await shelf.get(b"a") == b"4"
        clock.advance(LIFE)
        shelf.sweep()
        assert shelf.kept_bytes == 0

    asyncio.run(story())
    shelf.close()


def test_a_full_shelf_forgets_what_ends_first() -> None:
    clock = FakeClock()
    shelf = LocalShelf(clock, 10_000)

    async def story() -> None:
        for number in range(500):
            until = clock.now() + LIFE + timedelta(seconds=number)
            await shelf.put(str(number).encode(), bytes(100), until=until)
            assert shelf.kept_bytes <= 10_000
        assert await shelf.get(b"499") is not None
        assert await shelf.get(b"0") is None
        with pytest.raises(AnzhengError) as caught:
            await shelf.put(b"x", bytes(10_001), until=clock.now() + LIFE)
        assert caught.value.code is Code.STORE_FAILED

    asyncio.run(story())
    shelf.close()


def test_a_damaged_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "results").write_bytes(b"no database" * 1_000)
    with pytest.raises(AnzhengError) as caught:
        LocalShelf(FakeClock(), 1_000, tmp_path / "results")
    assert caught.value.code is Code.STORE_FAILED


def test_a_shelf_that_is_copied_is_not_readable(tmp_path: Path) -> None:
    """Neither names, numbers nor digests of licences stand in the file, nor the licence itself."""
    with service(tmp_path) as made:
        client = AppClient(made.app)
        headers = {"Content-Type": "application/pdf", "Idempotency-Key": "once"}
        answer = client.post("/v1/verifications", content=golden("good.pdf"), headers=headers)
        said = answer.json()
        secret = answer.headers["Location"].rpartition("/")[2]
    found = b"".join(each.read_bytes() for each in sorted(tmp_path.glob("results.sqlite3*")))
    assert len(found) > 1_000
    licence = said["licence"]
    for word in (
        licence["enterprise_name"],
        licence["uscc"],
        licence["licence_no"],
        said["leaf"],
        said["file_sha256"],
        secret,
        "%PDF-",
        "anzheng-report",
    ):
        assert word.encode() not in found


def test_who_guesses_an_idempotency_key_opens_nothing() -> None:
    """Keys are often order numbers: who copies the shelf and guesses one reads nothing."""
    clock = FakeClock()
    vault = Vault(LocalShelf(clock, 10_000), SeededEntropy("idempotency"))
    answers, pdf = Answers(vault, clock), b"%PDF-1 of somebody"
    once = Once("verify key:abcdefgh", "order-17", (b"asked", pdf))

    async def work() -> bytes:
        return b"the answer"

    async def guessed(part: str) -> bytes | None:
        return await vault.get("verify key:abcdefgh\0order-17", part)

    assert asyncio.run(answers.once(once, work)) == (b"the answer", False)
    assert asyncio.run(answers.once(once, work)) == (b"the answer", True)
    assert asyncio.run(guessed(PART)) is None
    claim = asyncio.run(guessed(CLAIM)) or b""
    # Neither the digest of the file nor what the answer's key is made of.
    assert len(claim) == 32
    assert claim != sha256(pdf).digest()
    assert claim.hex() not in once.secret


def test_what_is_forgotten_does_not_come_back_by_its_idempotency_key(tmp_path: Path) -> None:
    engine = QuickEngine()
    with service(tmp_path, engine) as made:
        client = AppClient(made.app)
        headers = {"Content-Type": "application/pdf", "Idempotency-Key": "one"}
        first = client.post("/v1/verifications", content=b"%PDF-1", headers=headers)
        assert client.ask("DELETE", first.headers["Location"]).status_code == 204
        again = client.post("/v1/verifications", content=b"%PDF-1", headers=headers)
        assert "Idempotent-Replayed" not in again.headers
        assert again.headers["Location"] != first.headers["Location"]
        assert len(engine.seen) == 2


def test_no_file_is_left_behind(tmp_path: Path) -> None:
    """Whatever was handed in, one by one or as a batch, lies nowhere when the answer is there."""
    pdf = golden("good.pdf")
    with service(tmp_path) as made:
        client = AppClient(made.app)
        client.post("/v1/verifications", content=pdf, headers={"Content-Type": "application/pdf"})
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert {each.name.partition(".")[0] for each in files} <= {"memory", "results"}
    piece = pdf[2_000:2_064]
    assert not any(piece in each.read_bytes() for each in files)
    database = sqlite3.connect(tmp_path / "results.sqlite3")
    ((rows, size),) = database.execute("SELECT count(*), sum(size) FROM kept").fetchall()
    database.close()
    assert rows == 1
    assert size < len(pdf) / 4


def test_another_id_opens_nothing() -> None:
    clock, entropy = FakeClock(), SeededEntropy()
    shelf = LocalShelf(clock, 10_000)
    vault = Vault(shelf, entropy)
    first, second = new_id(entropy), new_id(entropy)
    assert is_id(first)
    assert is_id(second)

    async def story() -> None:
        until = clock.now() + LIFE
        await vault.put(first, "report", b"one", until=until)
        assert await vault.get(first, "report") == b"one"
        assert await vault.get(second, "report") is None
        assert await vault.get(first, "picture") is None
        for row in shelf._database.execute("SELECT place, data FROM kept").fetchall():
            damaged = bytearray(row[1])
            damaged[-1] ^= 1
            await shelf.put(row[0], bytes(damaged), until=until)
        assert await vault.get(first, "report") is None

    asyncio.run(story())
    shelf.close()


class LostShelf(LocalShelf):
    """A shelf that can be lost."""

    lost = False

    @override
    async def put(self, place: bytes, data: bytes, *, until: datetime) -> None:
        self._check()
        await super().put(place, data, until=until)

    @override
    async def get(self, place: bytes) -> bytes | None:
        self._check()
        return await super().get(place)

    @override
    async def remove(self, place: bytes) -> None:
        self._check()
        await super().remove(place)

    def _check(self) -> None:
        if self.lost:
            raise AnzhengError(Code.STORE_FAILED, "lost")


def test_while_redis_is_lost_results_are_kept_here() -> None:
    clock = FakeClock()
    shared, local = LostShelf(clock, 10_000), LocalShelf(clock, 10_000)
    steady = SteadyShelf(shared, local, clock, open_log())

    async def story() -> None:
        until = clock.now() + LIFE
        await steady.put(b"a", b"1", until=until)
        assert local.kept_bytes == 0
        shared.lost = True
        await steady.put(b"b", b"2", until=until)
        assert steady.is_degraded
        assert await steady.get(b"b") == b"2"
        assert await steady.get(b"a") is None
        assert await steady.put_new(b"c", b"3", until=until) is None
        with pytest.raises(AnzhengError):
            await steady.remove(b"a")
        shared.lost = False
        clock.advance(timedelta(seconds=6))
        assert await steady.get(b"a") == b"1"
        assert not steady.is_degraded
        assert await steady.get(b"b") == b"2"
        assert await steady.put_new(b"c", b"4", until=until) == b"3"

    asyncio.run(story())
    for each in (shared, local):
        each.close()
