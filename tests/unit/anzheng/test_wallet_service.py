"""The wallet's service hands on what it is given, and keeps the rest away from the signer."""

import hashlib
import json
import threading
from collections.abc import Callable

import httpx
import pytest

from anzheng.desk_client import DeskClient
from anzheng.settings import Settings
from anzheng.wallet_service import AT_ONCE, WalletParts, create_wallet, open_wallet
from licence.errors import Code
from licence.formats.holder import ClaimRequest, encode_claim
from tests.fakes.refusal import refuses
from tests.fakes.web import AppClient

LEAF = hashlib.sha256(b"leaf").hexdigest()
CLAIM = encode_claim(ClaimRequest("K7Q25XMD44TBM3FA", b"request"))


class Desk:
    """The signer's desk, behind a transport."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(
            200, json={"a": 1}
        )
        transport = httpx.MockTransport(self._send)
        self.client = DeskClient(httpx.Client(base_url="http://desk", transport=transport))
        self.wallet = AppClient(create_wallet(WalletParts(self.client)))

    def _send(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answer(request)


@pytest.fixture
def desk() -> Desk:
    """A desk that answers."""
    return Desk()


def test_a_claim_reaches_the_desk_as_it_is(desk: Desk) -> None:
    answer = desk.wallet.post("/v1/claims", content=CLAIM, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    assert desk.asked[0].content == CLAIM
    assert desk.asked[0].headers["Idempotency-Key"] == "k"


def test_what_is_no_claim_does_not_reach_the_desk(desk: Desk) -> None:
    assert desk.wallet.post("/v1/claims", content=b"{}").status_code == 400
    assert desk.wallet.get("/v1/evidence/..%2f..%2fpki").status_code in {400, 404}
    assert desk.wallet.get("/v1/data-codes/zz").status_code == 400
    assert desk.asked == []


def test_a_refusal_of_the_signer_is_handed_on(desk: Desk) -> None:
    desk.answer = lambda _: httpx.Response(
        404, json={"code": "CLAIM_CODE"}, headers={"Content-Type": "application/problem+json"}
    )
    answer = desk.wallet.post("/v1/claims", content=CLAIM)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "CLAIM_CODE"


def test_evidence_and_data_code_are_asked_for_by_leaf(desk: Desk) -> None:
    for path in (f"/v1/evidence/{LEAF}", f"/v1/data-codes/{LEAF}"):
        assert desk.wallet.get(path).status_code == 200
        assert desk.asked[-1].url.path == path


def test_a_desk_that_is_away_is_503_and_not_ready(desk: Desk) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    desk.answer = away
    answer = desk.wallet.post("/v1/claims", content=CLAIM)
    assert (answer.status_code, answer.json()["code"]) == (503, Code.OVERLOADED.value)
    assert desk.wallet.get("/health/ready").status_code == 503
    assert desk.wallet.get("/health/live").status_code == 200


def test_not_more_than_so_many_wait_for_the_signer(desk: Desk) -> None:
    busy, go_on = threading.Semaphore(0), threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        busy.release()
        go_on.wait(60)
        return httpx.Response(200, json={})

    desk.answer = slow
    threads = [
        threading.Thread(target=lambda: desk.wallet.post("/v1/claims", content=CLAIM))
        for _ in range(AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert busy.acquire(timeout=60)
    answer = desk.wallet.post("/v1/claims", content=CLAIM)
    assert (answer.status_code, answer.json()["code"]) == (503, Code.OVERLOADED.value)
    assert answer.headers["Retry-After"]
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert desk.wallet.post("/v1/claims", content=CLAIM).status_code == 200


def test_a_release_is_handed_in_and_its_refusal_is_ours(desk: Desk) -> None:
    desk.answer = lambda _: httpx.Response(200, json={"release": "r-1"})
    assert desk.client.release(b"{}") == "r-1"
    desk.answer = lambda _: httpx.Response(
        400, content=json.dumps({"code": "RELEASE_TWO_OFFICERS", "detail": "one only"})
    )
    with refuses(Code.RELEASE_TWO_OFFICERS):
        desk.client.release(b"{}")
    desk.answer = lambda _: httpx.Response(502, content=b"<html>")
    with refuses(Code.INTERNAL):
        desk.client.release(b"{}")


def test_without_the_desk_s_address_it_does_not_start() -> None:
    with refuses(Code.SETTINGS_INVALID), open_wallet(Settings()):
        pass
