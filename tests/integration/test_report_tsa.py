"""A timestamp authority over HTTP that answers, lies, falls silent, or changes its certificate."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

import httpx
import pytest

from licence.errors import AnzhengError, Code
from licence.formats.timestamp import MAX_ANSWER_BYTES
from licence.formats.trust_types import TsaRoot
from licence.ids import Digest
from signer.revocation import Revoked
from tests.builders import World, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.refusal import refuses
from tests.fakes.reporting import MADE_AT
from verifier.chain_of_trust import load_certificate
from verifier.report_file.tsa import HttpTsa
from verifier.timestamp_token import verify_token

URL = "http://tsa.example/stamp"
Respond = Callable[[bytes], bytes]


@dataclass(slots=True)
class Office:
    """A timestamp authority and the place of its revocation list, as a transport sees them."""

    world: World
    clock: FakeClock = field(default_factory=lambda: FakeClock(MADE_AT))
    respond: Respond | None = None
    crl: bytes | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.method)
        if request.method == "POST":
            tsa = self.world.pki.tsa(clock=self.clock, entropy=SeededEntropy("office"))
            return httpx.Response(200, content=(self.respond or tsa.respond)(request.content))
        made = self.world.pki.root.crl((), now=self.clock.now(), number=1)
        return httpx.Response(200, content=made if self.crl is None else self.crl)


def tsa_of(
    office: Callable[[httpx.Request], httpx.Response],
    world: World,
    clock: FakeClock | None = None,
    roots: tuple[TsaRoot, ...] | None = None,
) -> HttpTsa:
    found = world.bundle.tsa_roots if roots is None else roots
    return HttpTsa(
        URL,
        lambda: found,
        clock=clock or FakeClock(MADE_AT),
        entropy=SeededEntropy("client"),
        transport=httpx.MockTransport(office),
    )


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def imprint(signature: bytes) -> Digest:
    return Digest(sha256(signature).digest())


def test_it_is_learned_once_and_then_asked_for_tokens(world: World) -> None:
    office = Office(world)
    tsa = tsa_of(office, world)
    assert tsa.certificates == (world.pki.tsa_key.certificate, world.pki.root.certificate)
    assert len(tsa.crls()) == 1
    tokens = [tsa.timestamp(imprint(b"signature")) for _ in range(3)]
    assert verify_token(tokens[0], b"signature").gen_time == MADE_AT
    assert tsa.crls() == tsa.crls()
    assert office.asked == ["POST", "GET", "POST", "POST", "POST"]
    tsa.close()


def test_lists_that_end_soon_are_fetched_anew(world: World) -> None:
    office, clock = Office(world), FakeClock(MADE_AT)
    tsa = tsa_of(office, world, clock)
    first = tsa.crls()
    clock.advance(timedelta(days=400))
    office.clock.advance(timedelta(days=400))
    assert tsa.crls() != first


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(500), Code.TSA_UNAVAILABLE),
        (httpx.Response(404), Code.TSA_UNAVAILABLE),
        (httpx.Response(302, headers={"Location": "http://evil.example"}), Code.TSA_UNAVAILABLE),
        (httpx.Response(200, content=bytes(MAX_ANSWER_BYTES + 1)), Code.TSA_UNAVAILABLE),
        (httpx.Response(200, content=b""), Code.TSA_ANSWER),
        (httpx.Response(200, content=b"<html>"), Code.TSA_ANSWER),
    ],
)
def test_answers_of_something_else(world: World, answer: httpx.Response, code: Code) -> None:
    tsa = tsa_of(lambda _: answer, world)
    with refuses(code):
        _ = tsa.certificates


def test_nobody_there(world: World) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    with refuses(Code.TSA_UNAVAILABLE):
        tsa_of(silent, world).timestamp(imprint(b"x"))


def test_a_token_for_another_question(world: World) -> None:
    office = Office(world)
    tsa = tsa_of(office, world)
    assert tsa.certificates
    replayed = world.pki.tsa(clock=office.clock, entropy=SeededEntropy("old")).respond
    kept: list[bytes] = []

    def repeat(request: bytes) -> bytes:
        kept.append(replayed(request))
        return kept[0]

    office.respond = repeat
    tsa.timestamp(imprint(b"one"))
    for signature in (b"one", b"two"):
        with refuses(Code.TSA_ANSWER):
            tsa.timestamp(imprint(signature))


def test_a_clock_that_is_off(world: World) -> None:
    office = Office(world, clock=FakeClock(MADE_AT + timedelta(minutes=6)))
    with refuses(Code.TSA_ANSWER):
        tsa_of(office, world).timestamp(imprint(b"x"))


def test_an_authority_that_the_bundle_does_not_name(world: World) -> None:
    office = Office(world)
    (root,) = world.bundle.tsa_roots
    for roots in ((), (replace(root, policies=("1.2.3",)),)):
        with refuses(Code.TSA_ANSWER):
            _ = tsa_of(office, world, roots=roots).certificates


def test_no_list_and_a_broken_list(world: World) -> None:
    for crl in (b"", b"nonsense"):
        tsa = tsa_of(Office(world, crl=crl), world)
        with refuses(Code.TSA_UNAVAILABLE):
            tsa.crls()


def test_a_revoked_authority(world: World) -> None:
    office = Office(world)
    tsa = tsa_of(office, world)
    serial = load_certificate(world.pki.tsa_key.certificate).serial_number
    when = MADE_AT - timedelta(hours=1)
    office.crl = world.pki.root.crl((Revoked(serial, when),), now=when, number=9)
    with refuses(Code.TSA_ANSWER):
        tsa.crls()


def test_an_authority_with_a_new_certificate_is_learned_anew(world: World) -> None:
    office, other = Office(world), Office(make_world("another"))
    tsa = tsa_of(office, world)
    before = tsa.certificates
    office.respond = other.world.pki.tsa(clock=other.clock, entropy=SeededEntropy("n")).respond
    with refuses(Code.TSA_ANSWER):
        tsa.timestamp(imprint(b"x"))
    office.respond = None
    assert tsa.certificates == before
    assert tsa.timestamp(imprint(b"x"))


@pytest.mark.parametrize("url", ["", "ftp://tsa.example", "http://", "tsa.example"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        HttpTsa(url, lambda: (), clock=FakeClock(), entropy=SeededEntropy("c"))
    assert caught.value.code is Code.REQUEST_INVALID
