"""The public registry over HTTP: what is cached, what is compared, what is negotiated."""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from anzheng.store.tables import chain_words
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.short_code import short_code
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import good_row
from tests.fakes.registry import EVIDENCE, REGISTRY, FakeRegistry, leaf_of
from tests.fakes.web import AppClient
from verifier.service.answers import Caching, quality
from verifier.service.files import KEPT_FILE_BYTES, PublicFolder

AUTHORITY = "1121000000TXT10121"
LISTS = f"/v1/status-lists/{REGISTRY}/{AUTHORITY}"
CWT, JWT = "application/statuslist+cwt", "application/statuslist+jwt"
PLAIN = {"Accept-Encoding": "identity"}
DIGEST = "ab" * 32

FILES = {
    "trust/metadata/timestamp.json": b"{}",
    "trust/metadata/1.root.json": b'{"root": 1}' * 200,
    f"trust/targets/{DIGEST}.bundle.json": b"{}",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.cwt": b"cwt" * 900,
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.jwt": b"jwt" * 900,
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.side": b"side",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.side.jwt": b"side jwt",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/aggregation.json": b"{}",
    f"trust/targets/lists/{REGISTRY}/{AUTHORITY}/{DIGEST}.0.cwt": b"cwt",
    f"trust/history/{REGISTRY}/{AUTHORITY}/0/1700000000.cwt": b"old cwt",
    f"trust/history/{REGISTRY}/{AUTHORITY}/0/1700000000.jwt": b"old jwt",
    f"trust/deltas/{REGISTRY}/{AUTHORITY}/0/{DIGEST}.delta": b"delta",
    f"trust/pages/{REGISTRY}/{AUTHORITY}/{DIGEST}.page": b"page",
    "trust/.hidden": b"secret",
    "keys/root.pem": b"secret",
    "public/pki/issuing.crt": b"certificate" * 200,
    "public/pki/issuing.crl": b"list" * 900,
    f"public/log/{REGISTRY}/{AUTHORITY}/checkpoint": b"note\n",
    f"public/log/{REGISTRY}/{AUTHORITY}/tile/0/x001/234.p/7": b"tile",
    f"public/log/{REGISTRY}/{AUTHORITY}/tile/entries/000": b"entries",
    f"public/log/{REGISTRY}/{AUTHORITY}/manifests/{DIGEST}.cbor": b"manifest",
}


def make_registry(home: Path, empty_database: Path) -> FakeRegistry:
    """Return a registry with one licence, anchored, and a file of each kind."""
    for path, data in FILES.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_bytes(data)
    place = shutil.copy(empty_database, home / "anzheng.sqlite3")
    made = FakeRegistry(home, f"sqlite:///{place}", FakeClock())
    made.prepare()
    made.sign()
    made.anchor()
    return made


@pytest.fixture
def registry(tmp_path: Path, empty_database: Path) -> Iterator[FakeRegistry]:
    """A registry that a test changes."""
    made = make_registry(tmp_path, empty_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[AppClient]:
    """A client of a registry that no test changes."""
    made = make_registry(tmp_path_factory.mktemp("registry"), empty_database)
    yield AppClient(made.app())
    made.close()


@pytest.mark.parametrize(
    ("path", "media_type", "caching"),
    [
        ("/trust/metadata/timestamp.json", "application/json", Caching.SIGNED),
        ("/trust/metadata/1.root.json", "application/json", Caching.VERSIONED),
        (f"/trust/targets/{DIGEST}.bundle.json", "application/json", Caching.IMMUTABLE),
        (f"/trust/targets/lists/{REGISTRY}/{AUTHORITY}/{DIGEST}.0.cwt", CWT, Caching.IMMUTABLE),
        (f"/trust/targets/lists/{REGISTRY}/{AUTHORITY}/0.cwt", CWT, Caching.SIGNED),
        (f"/trust/history/{REGISTRY}/{AUTHORITY}/0/1700000000.cwt", CWT, Caching.IMMUTABLE),
        (
            f"/trust/deltas/{REGISTRY}/{AUTHORITY}/0/{DIGEST}.delta",
            "application/anzheng-listdelta+cbor",
            Caching.SIGNED,
        ),
        (
            f"/trust/pages/{REGISTRY}/{AUTHORITY}/{DIGEST}.page",
            "application/cbor",
            Caching.IMMUTABLE,
        ),
        (f"{LISTS}/0", CWT, Caching.SIGNED),
        (LISTS, "application/json", Caching.SIGNED),
        (
            f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/0",
            "application/anzheng-sidelist+cbor",
            Caching.SIGNED,
        ),
        (f"/v1/licences/{leaf_of('leaf').hex()}", "application/json", Caching.WORD),
        ("/v1/licences?number=辽WH20240127", "application/json", Caching.WORD),
        ("/v1/licences/number/辽WH20240127", "application/json", Caching.WORD),
        (f"/v1/evidence/{leaf_of('leaf').hex()}", "application/cbor", Caching.VERSIONED),
        (f"/log/{REGISTRY}/{AUTHORITY}/checkpoint", "text/plain; charset=utf-8", Caching.HEAD),
        (
            f"/log/{REGISTRY}/{AUTHORITY}/tile/0/x001/234.p/7",
            "application/octet-stream",
            Caching.IMMUTABLE,
        ),
        (
            f"/log/{REGISTRY}/{AUTHORITY}/tile/entries/000",
            "application/octet-stream",
            Caching.IMMUTABLE,
        ),
        (
            f"/log/{REGISTRY}/{AUTHORITY}/manifests/{DIGEST}.cbor",
            "application/cbor",
            Caching.IMMUTABLE,
        ),
        ("/pki/issuing.crt", "application/pkix-cert", Caching.CERTIFICATES),
        ("/pki/issuing.crl", "application/pkix-crl", Caching.CERTIFICATES),
    ],
)
def test_every_public_file_says_what_it_is_and_how_long_it_is_good(
    client: AppClient, path: str, media_type: str, caching: Caching
) -> None:
    found = client.get(path, headers=PLAIN)
    assert found.status_code == 200
    assert found.headers["content-type"] == media_type
    assert found.headers["cache-control"] == caching.value
    assert found.headers["etag"] == f'"{hashlib.sha256(found.content).hexdigest()}"'
    assert found.headers["access-control-allow-origin"] == "*"
    assert found.headers["x-content-type-options"] == "nosniff"
    again = client.get(path, headers={**PLAIN, "If-None-Match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers.get(name) == found.headers.get(name)
    head = client.ask("HEAD", path, headers=PLAIN)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "cache-control", "content-type", "content-length"):
        assert head.headers[name] == found.headers[name]


@pytest.mark.parametrize(
    ("condition", "status"),
    [("*", 304), ('"x", W/{}', 304), ('"x",{}', 304), ('"x"', 200), ("W/", 200), ("", 200)],
)
def test_a_condition_is_compared_weakly_and_may_be_a_list(
    client: AppClient, condition: str, status: int
) -> None:
    tag = client.get(f"{LISTS}/0").headers["etag"]
    given = condition.replace("{}", tag)
    assert client.get(f"{LISTS}/0", headers={"If-None-Match": given}).status_code == status


def test_what_is_only_our_word_is_not_kept_when_we_are_away(client: AppClient) -> None:
    for path in (f"/v1/licences/{leaf_of('leaf').hex()}", "/v1/licences?number=辽WH20240127"):
        assert "stale" not in client.get(path).headers["cache-control"]


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        (None, b"cwt"),
        ("*/*", b"cwt"),
        (CWT, b"cwt"),
        (JWT, b"jwt"),
        (f"{JWT}, {CWT}", b"cwt"),
        (f"{CWT};q=0.1, {JWT};q=0.9", b"jwt"),
        (f"{CWT};q=0, */*", b"jwt"),
        (f"text/html, {JWT.upper()}", b"jwt"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", b"cwt"),
    ],
)
def test_a_list_comes_in_the_form_that_is_liked_best(
    client: AppClient, accept: str | None, body: bytes
) -> None:
    found = client.get(f"{LISTS}/0", headers={} if accept is None else {"Accept": accept})
    assert found.content[:3] == body
    assert found.headers["content-type"] == {b"cwt": CWT, b"jwt": JWT}[body]
    assert "Accept" in found.headers["vary"]


def test_a_form_that_does_not_exist_is_refused(client: AppClient) -> None:
    found = client.get(f"{LISTS}/0", headers={"Accept": "text/html"})
    assert (found.status_code, found.json()["code"]) == (406, "NOT_ACCEPTABLE")
    side = f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/0"
    jwt = client.get(side, headers={"Accept": "application/anzheng-sidelist+jwt"})
    assert jwt.content == b"side jwt"
    assert client.get(side, headers={"Accept": "application/cbor"}).content == b"side"


@pytest.mark.parametrize(
    ("moment", "status"),
    [(1_700_000_000, 200), (1_700_000_001, 200), (1_699_999_999, 406), (1_800_000_000, 406)],
)
def test_the_list_of_an_earlier_moment_is_given_out_while_it_is_kept(
    client: AppClient, moment: int, status: int
) -> None:
    for accept, body in ((CWT, b"old cwt"), (JWT, b"old jwt")):
        found = client.get(f"{LISTS}/0?time={moment}", headers={"Accept": accept})
        assert found.status_code == status
        if status == 200:
            assert found.content == body


@pytest.mark.parametrize("time", ["-1", "x", "99999999999999999999", "1.5"])
def test_a_moment_that_is_none_is_refused(client: AppClient, time: str) -> None:
    assert client.get(f"{LISTS}/0?time={time}").status_code == 422


def test_what_packs_well_is_packed_and_tagged_apart(client: AppClient) -> None:
    asked = {"Accept-Encoding": "br;q=1, gzip;q=0.5", "Accept": JWT}
    packed = client.get(f"{LISTS}/0", headers=asked)
    plain = client.get(f"{LISTS}/0", headers={**PLAIN, "Accept": JWT})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content, "the client unpacks it"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert "Accept-Encoding" in plain.headers["vary"]
    same = {**asked, "If-None-Match": packed.headers["etag"]}
    assert client.get(f"{LISTS}/0", headers=same).status_code == 304
    other = {**PLAIN, "Accept": JWT, "If-None-Match": packed.headers["etag"]}
    assert client.get(f"{LISTS}/0", headers=other).status_code == 200


@pytest.mark.parametrize(
    ("path", "encoding"),
    [(f"{LISTS}/0", "gzip"), ("/pki/issuing.crl", "gzip"), ("/trust/metadata/1.root.json", "")],
)
def test_what_is_packed_already_or_not_wanted_packed_is_not(
    client: AppClient, path: str, encoding: str
) -> None:
    found = client.get(path, headers={"Accept-Encoding": encoding or "gzip;q=0"})
    assert "content-encoding" not in found.headers


def test_quality_follows_the_closest_range() -> None:
    header = "application/*;q=0.2, application/json, */*;q=nonsense"
    assert quality(header, "application/json", "application/*", "*/*") == 1.0
    assert quality(header, "application/cbor", "application/*", "*/*") == 0.2
    assert quality(header, "text/plain", "text/*", "*/*") == 0.0
    assert quality("", "gzip") == 0.0


@pytest.mark.parametrize(
    "path",
    [
        "/trust/.hidden",
        "/trust/../keys/root.pem",
        "/trust/..%2Fkeys%2Froot.pem",
        "/trust/%2e%2e/keys/root.pem",
        "/trust/metadata/%00",
        "/trust//etc/passwd",
        "/trust/metadata",
        "/trust/metadata/",
        f"/log/{REGISTRY}/../../../keys/root.pem",
        f"/log/{REGISTRY}/..%5C..%5Ckeys/root.pem",
        "/pki/issuing/../../keys/root.pem",
        "/pki/..%2F..%2Fkeys%2Froot.crt",
        "/keys/root.pem",
        "/anzheng.sqlite3",
    ],
)
def test_nothing_else_is_given_out(client: AppClient, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 404
    assert found.headers["cache-control"] == "no-store"
    assert b"secret" not in found.content


def test_a_file_that_is_replaced_is_served_anew(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    place = registry.trust / "metadata" / "timestamp.json"
    first = client.get("/trust/metadata/timestamp.json")
    other = place.with_name("other")
    other.write_bytes(b"[]")
    other.replace(place)
    second = client.get("/trust/metadata/timestamp.json")
    assert (first.content, second.content) == (b"{}", b"[]")
    assert first.headers["etag"] != second.headers["etag"]
    place.unlink()
    assert client.get("/trust/metadata/timestamp.json").status_code == 404


def test_memory_for_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.service.files.KEPT_BYTES", 1000)
    folder = PublicFolder(tmp_path)
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * 400)
    (tmp_path / "large").write_bytes(bytes(KEPT_FILE_BYTES + 1))
    for name in ("a", "b", "a", "c", "large", "a"):
        body = asyncio.run(folder.body(name, "x/y"))
        assert body is not None
        assert body.data == (tmp_path / name).read_bytes()
    assert [key[0] for key in folder._kept] == ["c", "a"]
    assert folder._kept_bytes == 800


# ---------------------------------------------------------------- look-ups


def test_a_licence_is_found_by_leaf_number_identifier_and_code(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    with registry.reader.read() as unit:
        row = unit.public.by_leaf(leaf_of("leaf"))
    assert row is not None
    code = short_code(row.licence_json)
    wanted = client.get(f"/v1/licences/{leaf_of('leaf').hex()}").json()
    assert wanted["anchored"] is True
    assert wanted["status"] == {"word": "NONE", "events": []}
    ways: list[tuple[str, dict[str, str]]] = [
        ("/v1/licences", {"number": "（辽）WH安许证字〔2024〕0127"}),
        ("/v1/licences", {"elicence_id": row.elicence_id}),
        ("/v1/licences", {"short_code": code.lower()}),
        ("/v1/licences/number/（辽）WH安许证字〔2024〕0127", {}),
        (f"/v1/licences/identifier/{row.elicence_id}", {}),
        (f"/v1/licences/short-code/{code[:8]}-{code[8:]}", {}),
        (f"/L/{code}", {}),
    ]
    for path, parameters in ways:
        found = client.get(path, params=parameters)
        assert found.json() == {"licences": [wanted]}, path
    assert client.get(wanted["links"]["evidence"]).content == EVIDENCE
    assert client.get(wanted["links"]["status_list"]).status_code == 200
    assert client.get(wanted["links"]["side_list"]).status_code == 200


@pytest.mark.parametrize("path", ["colour/red", f"number/{'1' * 161}"])
def test_a_search_by_nothing_that_is_known_is_refused(registry: FakeRegistry, path: str) -> None:
    refused = AppClient(registry.app()).get(f"/v1/licences/{path}")
    assert refused.status_code == 422
    assert refused.json()["code"] == "REQUEST_INVALID"


def test_a_version_that_is_not_signed_is_nobodys(registry: FakeRegistry) -> None:
    registry.prepare({**good_row(), "licence_no": "（辽）WH安许证字〔2024〕0128"})
    client = AppClient(registry.app())
    found = client.get("/v1/licences", params={"number": "辽WH20240128"})
    assert found.json() == {"licences": []}


def test_a_decision_is_seen_at_once(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    path = f"/v1/licences/{leaf_of('leaf').hex()}"
    before = client.get(path)
    registry.decide(StatusWord.REVOKED)
    after = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.json()["status"]["word"] == "REVOKED"
    assert after.json()["status"]["events"][0]["document_no"] == "文〔2026〕1号"


def test_a_decision_of_tomorrow_counts_tomorrow(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    registry.decide(StatusWord.REVOKED, effective_from=date(2026, 11, 22))
    path = f"/v1/licences/{leaf_of('leaf').hex()}"
    assert client.get(path).json()["status"]["word"] == "NONE"
    registry.clock.advance(datetime(2026, 11, 22, tzinfo=UTC) - registry.clock.now())
    assert client.get(path).json()["status"]["word"] == "REVOKED"


def test_the_registry_is_never_better_than_the_chain(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    with registry.reader.read() as unit:
        row = unit.public.by_leaf(leaf_of("leaf"))
        assert row is not None
    word, place = divmod(row.status_index, 64)
    for contract, value in ((b"1" * 20, StatusWord.SUSPENDED), (b"2" * 20, StatusWord.REVOKED)):
        with registry.writer.write() as unit:
            unit._connection.execute(
                insert(chain_words).values(
                    registry=row.registry,
                    authority=row.authority,
                    chain_id=1,
                    contract=contract,
                    word=word,
                    value=(int(value) << (4 * place)).to_bytes(32, "big"),
                    revision=1,
                )
            )
        found = client.get(f"/v1/licences/{leaf_of('leaf').hex()}").json()
        assert found["status"] == {"word": value.name, "events": []}


def test_evidence_that_is_not_there_says_which_way(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    registry.prepare({**good_row(), "licence_no": "（辽）WH安许证字〔2024〕0128"})
    registry.sign(["second"])
    pending = client.get(f"/v1/evidence/{leaf_of('second').hex()}")
    unknown = client.get(f"/v1/evidence/{leaf_of('third').hex()}")
    assert (pending.status_code, pending.json()["code"]) == (404, "ANCHOR_PENDING")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")


# ---------------------------------------------------------------- other methods, health, numbers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client: AppClient, method: str) -> None:
    for path in (f"{LISTS}/0", "/trust/metadata/timestamp.json", "/v1/licences"):
        found = client.ask(method, path)
        assert found.status_code == 405
        assert found.headers["allow"] == "GET"
        assert found.json()["code"] == "REQUEST_INVALID"
    for path in ("/v1/verifications", "/v1/claims"):
        assert client.ask(method, path).status_code == 404, "that is another process"


def test_a_page_of_another_origin_may_ask(client: AppClient) -> None:
    origin = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    found = client.ask("OPTIONS", f"{LISTS}/0", headers=origin)
    assert found.status_code == 204
    assert found.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in found.headers["access-control-allow-headers"]
    assert "POST" not in found.headers["access-control-allow-methods"]


def test_readiness_names_the_part_that_fails(registry: FakeRegistry) -> None:
    def broken() -> None:
        raise AnzhengError(Code.STORE_FAILED, "no database")

    client = AppClient(registry.app(pings=(("database", broken), ("lists", lambda: None))))
    found = client.get("/health/ready")
    assert found.status_code == 503
    assert found.json() == {
        "status": "not ready",
        "parts": {"database": "STORE_FAILED", "lists": "ok"},
    }
    assert client.get("/health/live").status_code == 200


def test_requests_are_counted_by_route_never_by_licence(registry: FakeRegistry) -> None:
    client = AppClient(registry.app())
    leaf = leaf_of("leaf").hex()
    client.get(f"/v1/licences/{leaf}")
    client.ask("HEAD", f"/v1/licences/{leaf}")
    client.get(f"/v1/licences/{'0' * 64}")
    client.get("/no/such/page")
    text = client.get("/metrics").text
    route = 'route="/v1/licences/{leaf}"'
    assert f'anzheng_registry_requests_total{{method="GET",{route},status="200"}} 1.0' in text
    assert f'anzheng_registry_requests_total{{method="HEAD",{route},status="200"}} 1.0' in text
    assert f'anzheng_registry_requests_total{{method="GET",{route},status="404"}} 1.0' in text
    assert 'route="none",status="404"' in text
    assert "anzheng_registry_request_seconds_bucket{le=" in text
    assert leaf not in text
    assert "no/such" not in text


def test_a_database_that_is_away_leaves_lists_and_says_so(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise AnzhengError(Code.STORE_FAILED, "away")

    monkeypatch.setattr(registry.reader, "read", away)
    client = AppClient(registry.app())
    found = client.get(f"/v1/licences/{leaf_of('leaf').hex()}")
    assert (found.status_code, found.json()["code"]) == (503, "STORE_FAILED")
    assert found.headers["retry-after"] == "10"
    assert client.get(f"{LISTS}/0").status_code == 200
