"""The HTTP API: look-ups, problems, idempotency, limits, lists, health."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from anzheng.api import ApiParts, create_app
from anzheng.flows.prepare import Preparer
from anzheng.store.database import Store
from anzheng.store.licences import FlowState
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName, failed
from licence.formats.claim import ClaimAnswer
from licence.formats.holder import ClaimRequest, encode_claim
from licence.formats.limits import MAX_PDF_BYTES
from licence.formats.report import Report, decode, make_report
from licence.formats.short_code import short_code
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import AuthorityId, Leaf, RegistryId
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row
from tests.fakes.pki_desk import make_desk
from tests.fakes.web import AppClient

LEAF = Leaf(hashlib.sha256(b"leaf").digest())
PROBLEM = "application/problem+json"


class Parts:
    """What the API is given here, with counters."""

    def __init__(self, store: Store, clock: FakeClock, folder: Path) -> None:
        self.verified: list[tuple[bytes, date | None]] = []
        self.claimed = 0
        self.earlier: dict[tuple[str, str, int, str], tuple[datetime, bytes]] = {}
        self.parked = 0
        self.chain_error: AnzhengError | None = None
        self.clock = clock
        self.parts = ApiParts(
            store=store,
            clock=clock,
            trust_folder=folder,
            log_folder=folder.parent / "log",
            older=self.older,
            verify=self.verify,
            redeem=self.redeem,
            data_code=self.data_code,
            pings=(("chain", self.ping),),
            waiting=lambda: {"decisions": self.parked},
            certificates=make_desk(folder.parent, clock),
        )

    def data_code(self, leaf: Leaf) -> str:
        if leaf != LEAF:
            raise AnzhengError(Code.NOT_FOUND, "no code")
        return "HTTPS://V.EXAMPLE/V#P1AAAA"

    def verify(self, pdf: bytes, on: date | None) -> Report:
        self.verified.append((pdf, on))
        return make_report(
            [failed(CheckName.STATUS, Code.STATUS_REVOKED)],
            assurance=Assurance.FULL,
            required=REQUIRED[Assurance.FULL],
            checked_at=self.clock.now(),
            on=on or date(2026, 11, 21),
            environment=Environment.TEST,
        )

    def older(
        self,
        folder: Path,
        registry: RegistryId,
        authority: AuthorityId,
        shard: int,
        form: str,
        moment: datetime,
    ) -> bytes | None:
        assert folder == self.parts.trust_folder
        out = self.earlier.get((registry, authority, shard, form))
        return out[1] if out and out[0] <= moment else None

    def redeem(self, request: ClaimRequest) -> ClaimAnswer:
        self.claimed += 1
        if request.code.startswith("BAD"):
            raise AnzhengError(Code.CLAIM_CODE, "this code is unknown")
        return ClaimAnswer(b"{}", b"%PDF", (b"certificate",))

    def ping(self) -> None:
        if self.chain_error is not None:
            raise self.chain_error


@pytest.fixture
def parts(store: Store, clock: FakeClock, tmp_path: Path) -> Parts:
    return Parts(store, clock, tmp_path / "trust")


@pytest.fixture
def client(parts: Parts) -> AppClient:
    return AppClient(create_app(parts.parts))


@pytest.fixture
def known(store: Store, clock: FakeClock) -> bytes:
    """A signed licence in the store; its licence.json."""
    Preparer(store, clock, RegistryId("r-test"), Environment.TEST, lambda _text: ()).import_roster(
        [good_row()]
    )
    with store.write() as unit:
        (row,) = unit.licences.in_state(FlowState.PREPARED)
        unit.licences.move(
            [row.id], FlowState.PREPARED, FlowState.SIGNED, clock.now(), leaf=bytes(LEAF)
        )
    return row.licence_json


def test_a_licence_is_found_by_its_leaf(client: AppClient, known: bytes) -> None:
    answer = client.get(f"/v1/licences/{LEAF.hex()}")
    assert answer.status_code == 200
    found = answer.json()
    assert found["licence"] == json.loads(known)
    assert found["status"] == {"word": "NONE", "events": []}
    assert found["assurance"] == "registry-word"
    assert found["anchored"] is False


@pytest.mark.parametrize(
    "number", ["（辽）WH安许证字〔2024〕0127", "(辽)WH安许证字[2024]0127", "辽WH20240127"]
)
def test_a_licence_is_found_by_any_style_of_its_number(
    client: AppClient, known: bytes, number: str
) -> None:
    assert known
    found = client.get("/v1/licences", params={"number": number}).json()
    assert [one["leaf"] for one in found["licences"]] == [LEAF.hex()]


def test_the_printed_code_leads_to_the_licence(client: AppClient, known: bytes) -> None:
    code = short_code(known).lower()
    answer = client.get(f"/L/{code}")
    assert answer.history[0].status_code == 303
    assert [one["leaf"] for one in answer.json()["licences"]] == [LEAF.hex()]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v1/licences/{'0' * 64}", 404, "NOT_FOUND"),
        ("/v1/licences/zz", 400, "REQUEST_INVALID"),
        ("/v1/licences", 400, "REQUEST_INVALID"),
        ("/v1/licences?number=x&short_code=y", 400, "REQUEST_INVALID"),
        ("/v1/licences?number=nonsense", 400, "LICENCE_NO_FORMAT"),
        (f"/v1/evidence/{'0' * 64}", 404, "NOT_FOUND"),
        ("/v1/status-lists/r-test/1121000000TXT10121/0", 404, "STATUS_NOT_AVAILABLE"),
        ("/v1/status-lists/r-test/..%2F..%2Fetc/0", 404, "NOT_FOUND"),
        ("/v1/status-lists/r-test/a.b/0", 400, "REQUEST_INVALID"),
        ("/v1/status-lists/r-test/1121000000TXT10121/x", 422, "REQUEST_INVALID"),
        ("/nowhere", 404, "NOT_FOUND"),
    ],
)
def test_what_fails_is_a_problem_document(
    client: AppClient, path: str, status: int, code: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["code"] == code
    assert answer.json()["status"] == status


def test_evidence_that_is_not_there_yet_says_so(client: AppClient, known: bytes) -> None:
    assert known
    answer = client.get(f"/v1/evidence/{LEAF.hex()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "ANCHOR_PENDING")


def test_a_wallet_fetches_the_data_code(client: AppClient) -> None:
    answer = client.get(f"/v1/data-codes/{LEAF.hex()}")
    assert (answer.status_code, answer.text[:22]) == (200, "HTTPS://V.EXAMPLE/V#P1")
    assert answer.headers["content-type"].startswith("text/plain")
    assert client.get(f"/v1/data-codes/{'0' * 64}").status_code == 404


def test_a_revoked_licence_is_an_answer_not_an_error(client: AppClient) -> None:
    answer = client.post("/v1/verifications?at=2026-01-02", content=b"%PDF")
    assert answer.status_code == 200
    report = decode(answer.content)
    assert (report.code, report.on) == (Code.STATUS_REVOKED, date(2026, 1, 2))


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (bytes(MAX_PDF_BYTES + 1), 413)], ids=["none", "too much"]
)
def test_bodies_have_limits(client: AppClient, parts: Parts, body: bytes, status: int) -> None:
    assert client.post("/v1/verifications", content=body).status_code == status
    assert parts.verified == []


def test_the_largest_licence_is_read(client: AppClient, parts: Parts) -> None:
    body = bytes(MAX_PDF_BYTES)
    assert client.post("/v1/verifications", content=body).status_code == 200
    assert [len(pdf) for pdf, _on in parts.verified] == [MAX_PDF_BYTES]


def test_a_form_is_no_licence(client: AppClient, parts: Parts) -> None:
    headers = {"Content-Type": "Multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n%PDF\r\n--x--\r\n'
    answer = client.post("/v1/verifications", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "REQUEST_INVALID")
    assert answer.headers["content-type"] == PROBLEM
    assert parts.verified == []


def test_our_own_trust_folder_is_our_fault_not_the_askers(parts: Parts) -> None:
    def refuse(_pdf: bytes, _on: date | None) -> Report:
        raise AnzhengError(Code.TRUST_BUNDLE_REFUSED, "/srv/trust is refused")

    client = AppClient(create_app(replace(parts.parts, verify=refuse)))
    answer = client.post("/v1/verifications", content=b"a")
    assert (answer.status_code, answer.json()["code"]) == (503, "TRUST_BUNDLE_REFUSED")
    assert b"/srv" not in answer.content


def test_the_same_key_gets_the_same_answer_once(client: AppClient, parts: Parts) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.post("/v1/verifications", content=b"a", headers=headers)
    again = client.post("/v1/verifications", content=b"a", headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(parts.verified) == 1


def test_the_same_key_for_something_else_is_refused(client: AppClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    client.post("/v1/verifications", content=b"a", headers=headers)
    answer = client.post("/v1/verifications", content=b"b", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")


def test_a_key_whose_request_failed_is_free_again(client: AppClient, parts: Parts) -> None:
    headers = {"Idempotency-Key": "k1"}
    body = encode_claim(ClaimRequest("BAD0-0000-0000-0000", b"csr"))
    for _ in range(2):
        answer = client.post("/v1/claims", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "CLAIM_CODE")
    assert parts.claimed == 2


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
def test_strange_keys_are_refused(client: AppClient, key: str) -> None:
    answer = client.post("/v1/verifications", content=b"a", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "REQUEST_INVALID")


def test_lists_are_served_in_the_form_that_is_asked_for(client: AppClient, parts: Parts) -> None:
    folder = parts.parts.trust_folder / "targets" / "lists" / "r-test" / "1121000000TXT10121"
    folder.mkdir(parents=True)
    for suffix in ("cwt", "jwt", "side"):
        (folder / f"0.{suffix}").write_bytes(suffix.encode())
    (folder / "aggregation.json").write_bytes(b"{}")
    base = "/v1/status-lists/r-test/1121000000TXT10121"
    cwt, jwt = "application/statuslist+cwt", "application/statuslist+jwt"
    for accept, body in ((cwt, b"cwt"), (jwt, b"jwt"), ("*/*", b"cwt")):
        assert client.get(f"{base}/0", headers={"Accept": accept}).content == body
    assert client.get(f"{base}/0", headers={"Accept": jwt}).headers["content-type"] == jwt
    assert client.get(base).content == b"{}"
    assert client.get("/v1/side-lists/r-test/1121000000TXT10121/0").content == b"side"
    path = "/trust/targets/lists/r-test/1121000000TXT10121/0.cwt"
    assert client.get(path).content == b"cwt"


def test_health(client: AppClient, parts: Parts) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").status_code == 200
    parts.chain_error = AnzhengError(Code.CHAIN_UNAVAILABLE, "no node")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"chain": "CHAIN_UNAVAILABLE"}


def test_what_waits_for_a_person_is_shown_and_closes_nothing(
    client: AppClient, parts: Parts
) -> None:
    parts.parked = 2
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["waiting_for_a_person"] == {"decisions": 2}


def test_our_own_faults_say_nothing(client: AppClient, parts: Parts) -> None:
    def crash(_pdf: bytes, _on: date | None) -> Report:
        raise RuntimeError("secret detail")

    app = create_app(replace(parts.parts, verify=crash))
    answer = AppClient(app).post("/v1/verifications", content=b"a")
    assert client.get("/health/live").status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert b"secret" not in answer.content
