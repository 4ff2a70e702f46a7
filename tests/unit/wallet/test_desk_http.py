"""The claim desk over HTTP: the same desk, and every way in which a server may misbehave."""

import json
from collections.abc import Callable

import httpx
import pytest

from licence.errors import AnzhengError, Code
from licence.formats.claim import MAX_ANSWER_BYTES, encode_answer
from licence.formats.holder import ClaimRequest, decode_claim
from licence.formats.limits import MAX_EVIDENCE_BYTES
from licence.ids import Leaf
from tests.builders import Issued, World
from tests.fakes.claim_desk import FakeClaimDesk
from tests.fakes.refusal import refuses
from tests.fakes.wallets import CODE, WorldChecker, claim_one
from wallet.desk_http import HttpClaimDesk
from wallet.keep import WalletFolder
from wallet.refresh import refresh

BASE = "https://registry.example"
CLAIM = ClaimRequest(CODE, b"request")

Handler = Callable[[httpx.Request], httpx.Response]


def desk_of(handler: Handler) -> HttpClaimDesk:
    return HttpClaimDesk(BASE, httpx.MockTransport(handler))


def always(status: int, body: bytes = b"") -> Handler:
    return lambda _request: httpx.Response(status, content=body)


def problem(code: str, status: int) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "words of the server\n"})


def served(desk: FakeClaimDesk) -> Handler:
    """Serve a desk as the application's API does."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "registry.example"
        if request.url.path == "/v1/claims":
            assert request.method == "POST"
            try:
                answer = desk.claim(decode_claim(request.content))
            except AnzhengError as error:
                return problem(error.code.value, 404)
            return httpx.Response(200, content=encode_answer(answer))
        leaf = Leaf(bytes.fromhex(request.url.path.removeprefix("/v1/evidence/")))
        found = desk.evidence(leaf)
        return (
            problem("ANCHOR_PENDING", 404) if found is None else httpx.Response(200, content=found)
        )

    return handle


def test_a_licence_is_claimed_over_http(
    world: World, desk: FakeClaimDesk, folder: WalletFolder
) -> None:
    http = desk_of(served(desk))
    claimed = claim_one(http, folder, world.now, checker=WorldChecker(world))
    assert folder.find(None) == claimed.kept
    assert refresh(claimed.kept, http, folder) == claimed.kept


def test_evidence_comes_by_leaf(world: World, issued: Issued, folder: WalletFolder) -> None:
    fake = FakeClaimDesk(world, world.now, codes={CODE: issued})
    http = desk_of(served(fake))
    pending = claim_one(http, folder, world.now).kept
    fake.proofs[issued.leaf] = issued.evidence
    assert refresh(pending, http, folder).pdf == issued.pdf


@pytest.mark.parametrize(
    "code",
    [
        Code.CLAIM_CODE,
        Code.CLAIM_USED,
        Code.CSR_INVALID,
        Code.ANCHOR_PENDING,
        Code.STATUS_FINAL,
        Code.EXPIRED,
        Code.TOO_LARGE,
    ],
)
def test_a_refusal_keeps_its_code_and_not_the_servers_words(code: Code) -> None:
    desk = desk_of(lambda _request: problem(code.value, 409))
    with pytest.raises(AnzhengError) as caught:
        desk.claim(CLAIM)
    assert caught.value.code is code
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"<html>"),
        (404, b""),
        (404, b"[]"),
        (404, b'{"code": 5}'),
        (404, b'{"code": "NO_CODE_OF_OURS"}'),
        (400, json.dumps({"code": Code.OK.value}).encode()),
        (302, b""),
        (204, b""),
        (429, b"[" * 10_000),
    ],
)
def test_any_other_answer_is_no_word_about_the_code(status: int, body: bytes) -> None:
    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(always(status, body)).claim(CLAIM)


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b"{}", b'{"schema":"x"}'])
def test_an_answer_that_is_none_is_refused(body: bytes) -> None:
    with refuses(Code.CLAIM_ANSWER):
        desk_of(always(200, body)).claim(CLAIM)


def test_no_redirect_is_followed() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "https://thief.example/v1/claims"})

    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(handle).claim(CLAIM)
    assert asked == [f"{BASE}/v1/claims"]


def test_an_endless_answer_is_cut() -> None:
    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(always(200, bytes(MAX_ANSWER_BYTES + 1))).claim(CLAIM)
    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(always(200, bytes(4 * MAX_EVIDENCE_BYTES))).evidence(Leaf(bytes(32)))


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("no answer", request=request)

    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(handle).claim(CLAIM)
    with refuses(Code.CLAIM_UNAVAILABLE):
        desk_of(handle).evidence(Leaf(bytes(32)))


def test_evidence_is_absent_only_where_the_server_says_404() -> None:
    assert desk_of(always(404)).evidence(Leaf(bytes(32))) is None
    for status in (500, 302, 403):
        with refuses(Code.CLAIM_UNAVAILABLE):
            desk_of(always(status)).evidence(Leaf(bytes(32)))


def test_a_data_code_is_absent_only_where_the_server_says_404() -> None:
    assert desk_of(always(404)).data_code(Leaf(bytes(32))) is None
    assert desk_of(always(200)).data_code(Leaf(bytes(32))) is not None
    for status in (500, 302, 403):
        with refuses(Code.CLAIM_UNAVAILABLE):
            desk_of(always(status)).data_code(Leaf(bytes(32)))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry.example",
        "ftp://registry.example",
        "file:///etc/passwd",
        "http://registry.example",
        "https://",
        "http://[::1",
    ],
)
def test_codes_go_to_safe_addresses_only(url: str) -> None:
    with refuses(Code.REQUEST_INVALID):
        HttpClaimDesk(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8470", "http://localhost:1", "https://r.example"]
)
def test_this_machine_may_be_spoken_to_in_plain(url: str) -> None:
    HttpClaimDesk(url).close()
