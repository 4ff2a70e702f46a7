"""The client of a witness, and what the server answers, without a socket between them."""

from collections.abc import Callable

import httpx
import pytest
from typing_extensions import override

from anchor import witness_wire as wire
from anchor.log import AuthorityLog
from anchor.witness import Witness
from anzheng import witness_http
from anzheng.witness_http import HttpWitness, answer
from licence.errors import AnzhengError, Code
from licence.formats import checkpoint as checkpoints
from licence.formats.checkpoint import Checkpoint, LogKey, WitnessKey
from licence.formats.tree import Tree
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.anchoring import IDENTITY, LOG_KEY, ed25519, public, witness
from tests.fakes.clock import FakeClock
from tests.fakes.refusal import refuses
from tests.unit.anchor.test_log import RECORD
from tests.unit.anchor.test_witness import ENTRIES, note

W1 = WitnessKey("w1.example", public("w1.example"))


def local(one: Witness) -> httpx.MockTransport:
    """Return a way to a witness in this process."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        assert request.url.path == "/w/add-checkpoint"
        said = answer(one, request.content)
        return httpx.Response(said.status, headers={"Content-Type": said.kind}, content=said.body)

    return httpx.MockTransport(handle)


def through(handle: Callable[[httpx.Request], httpx.Response]) -> HttpWitness:
    return HttpWitness(W1, "http://w.example/w/", transport=httpx.MockTransport(handle))


@pytest.fixture
def one() -> Witness:
    return witness("w1.example", MemoryWitnessStore(), FakeClock())


def test_log_and_witness_agree_over_http(one: Witness) -> None:
    far = HttpWitness(W1, "http://w.example/w", transport=local(one))
    log = AuthorityLog(IDENTITY, ed25519("log").sign, MemoryAnchorStore(), [far], 1)
    log.append(RECORD)
    signed = checkpoints.parse(log.cosigned_checkpoint())
    assert [each.name for each in checkpoints.verify(signed, LOG_KEY, [W1], 1)] == ["w1.example"]


def test_size_that_the_witness_remembers_comes_over_http(one: Witness) -> None:
    far = HttpWitness(W1, "http://w.example/w", transport=local(one))
    far.add_checkpoint(0, (), note(3))
    with pytest.raises(AnzhengError) as caught:
        far.add_checkpoint(0, (), note(5))
    assert caught.value.facts["known_size"] == 3


def elsewhere(secret: str) -> bytes:
    return note(1, key=LogKey(LOG_KEY.name, public(secret)), secret=secret)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (wire.encode_question(0, (), note(1).replace(b"anzheng/", b"another/")), 404),
        (wire.encode_question(0, (), elsewhere("other")), 403),
        (wire.encode_question(3, (), note(2)), 400),
        (wire.encode_question(0, (), note(3)), 409),
        (wire.encode_question(2, (), note(2, root=bytes(32))), 409),
        (wire.encode_question(2, (), note(3)), 422),
        (wire.encode_question(2, (b"x",), note(3)), 400),
        (b"old 02\n\n" + note(3), 400),
        (b"old 2\n" + note(3), 400),
        (b"old 2\n\n", 400),
        (b"new 2\n\n" + note(3), 400),
        (b"\xff", 400),
        (b"old 2\n\n" + b"x" * 10_000, 413),
    ],
)
def test_refusals_have_the_statuses_of_the_standard(one: Witness, body: bytes, status: int) -> None:
    one.add_checkpoint(0, (), note(2))
    said = answer(one, body)
    assert said.status == status
    is_size = said.kind == wire.SIZE_TYPE
    assert is_size is (body == wire.encode_question(0, (), note(3)))
    assert not is_size or said.body == b"2\n"


def test_good_answer_is_a_line_of_the_note(one: Witness) -> None:
    tree = Tree(ENTRIES[:5])
    one.add_checkpoint(0, (), note(2))
    said = answer(one, wire.encode_question(2, tree.consistency(2), note(5)))
    assert said.status == 200
    signed = checkpoints.parse(note(5) + said.body)
    assert len(checkpoints.verify(signed, LOG_KEY, [W1], 1)) == 1


def test_witness_whose_memory_fails_says_only_that_it_failed() -> None:
    class Broken(MemoryWitnessStore):
        @override
        def seen(self, origin: str) -> Checkpoint | None:
            raise AnzhengError(Code.WITNESS_MEMORY, "put back", origin=origin)

    said = answer(
        witness("w1.example", Broken(), FakeClock()), wire.encode_question(0, (), note(1))
    )
    assert said.status == 500


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, content=b"broken"),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"\xff\n"),
        httpx.Response(200, content=b"x" * 100_000),
        httpx.Response(301, headers={"Location": "http://elsewhere.example/"}),
        httpx.Response(409, headers={"Content-Type": "text/x.tlog.size"}, content=b"-1\n"),
        httpx.Response(409, headers={"Content-Type": "text/html"}, content=b"5\n"),
        httpx.Response(200, content="— other.example AAAAAAAAAA==\n".encode()),
    ],
)
def test_nonsense_of_a_witness_is_a_refusal(response: httpx.Response) -> None:
    with pytest.raises(AnzhengError) as caught:
        through(lambda _request: response).add_checkpoint(0, (), note(1))
    assert caught.value.code is Code.WITNESS_REFUSED
    assert "known_size" not in caught.value.facts


def test_witness_that_is_away_is_a_refusal() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no answer", request=request)

    with refuses(Code.WITNESS_REFUSED):
        through(away).add_checkpoint(0, (), note(1))
    with refuses(Code.WITNESS_REFUSED):
        HttpWitness(W1, "ftp://w.example").add_checkpoint(0, (), note(1))


def test_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(0, 1_000, 3))
    monkeypatch.setattr(witness_http, "monotonic", lambda: next(moments))

    def drip(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=(b"x" for _ in range(100)))

    with refuses(Code.WITNESS_REFUSED):
        through(drip).add_checkpoint(0, (), note(1))
