"""One verification at a time: what is taken, what is answered, what is kept and forgotten."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.verifier_service import (
    DOT,
    QuickEngine,
    RunningService,
    form,
    golden,
    service,
)
from tests.fakes.web import AppClient
from verifier.artefacts import NumberText, PdfFile, QrText
from verifier.service.requests import MAX_UPLOAD_BYTES

PDF = {"Content-Type": "application/pdf"}
TEXT = {"Content-Type": "text/plain"}
PAGE = {"Accept": "text/html,application/xhtml+xml"}
HERE = "/v1/verifications"


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[tuple[AppClient, QuickEngine, RunningService]]:
    engine = QuickEngine()
    with service(tmp_path, engine) as made:
        yield AppClient(made.app), engine, made


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[AppClient, QuickEngine, RunningService]]:
    """A service for tests that change nothing about it."""
    engine = QuickEngine()
    with service(tmp_path_factory.mktemp("state"), engine, address_per_minute=10_000) as made:
        yield AppClient(made.app), engine, made


Quick = tuple[AppClient, QuickEngine, RunningService]


@pytest.mark.parametrize(
    ("file", "verdict", "code"),
    [
        ("good.pdf", "valid", "OK"),
        ("suspended.pdf", "invalid", "STATUS_SUSPENDED"),
        ("revoked.pdf", "invalid", "STATUS_REVOKED"),
        ("foreign.pdf", "foreign", "NOT_A_LICENCE"),
        ("good.bare.pdf", "undetermined", "ANCHOR_PENDING"),
    ],
)
def test_a_verdict_is_an_answer(tmp_path: Path, file: str, verdict: str, code: str) -> None:
    with service(tmp_path) as made:
        client = AppClient(made.app)
        answer = client.post(HERE, content=golden(file), headers=PDF)
        assert answer.status_code == 200
        assert (answer.json()["verdict"], answer.json()["code"]) == (verdict, code)
        again = client.get(answer.headers["Location"])
        assert again.content == answer.content


@pytest.mark.parametrize(
    ("headers", "content", "kind"),
    [
        (PDF, b"%PDF-1.7 something", PdfFile),
        ({"Content-Type": "application/octet-stream"}, b"\0\1", PdfFile),
        ({}, b"%PDF-", PdfFile),
        (TEXT, "（辽）WH安许证字〔2024〕0127".encode(), NumberText),
        (TEXT, b"HTTPS://V.EXAMPLE/V#P1AAAA", QrText),
        (TEXT, b"neither", NumberText),
    ],
)
def test_what_is_handed_in_is_recognised(
    shared: Quick, headers: dict[str, str], content: bytes, kind: type
) -> None:
    client, engine, _ = shared
    assert client.post(HERE, content=content, headers=headers).status_code == 200
    assert isinstance(engine.seen[-1], kind)


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        (PDF, b"", 400, "REQUEST_INVALID"),
        ({"Content-Type": "image/png"}, b"x", 415, "MEDIA_TYPE_UNSUPPORTED"),
        (TEXT, b"\xff\xfe", 400, "REQUEST_INVALID"),
        (TEXT, b"a" * 9_000, 400, "REQUEST_INVALID"),
        (PDF | {"Content-Length": "99999999999"}, b"x", 413, "TOO_LARGE"),
        ({"Content-Type": "multipart/form-data"}, b"x", 400, "REQUEST_INVALID"),
        ({"Content-Type": "multipart/form-data; boundary=a"}, b"--a\r\n", 400, "REQUEST_INVALID"),
        (PDF | {"X-Api-Key": "azk_no"}, b"x", 401, "API_KEY_REFUSED"),
        (PDF | {"Authorization": "Bearer azk_no"}, b"x", 401, "API_KEY_REFUSED"),
    ],
)
def test_what_is_no_question_is_a_problem(
    shared: Quick, headers: dict[str, str], content: bytes, status: int, code: str
) -> None:
    client, engine, _ = shared
    seen = len(engine.seen)
    answer = client.post(HERE, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(engine.seen) == seen


@pytest.mark.parametrize(
    "query",
    [
        "profile=lenient",
        "at=tomorrow",
        "at=1949-12-31",
        "at=2200-01-01",
        "at=9999-12-31",
        "challenge=12",
        "lang=de",
    ],
)
def test_a_wrong_wish_is_refused(shared: Quick, query: str) -> None:
    client, _, _ = shared
    answer = client.post(f"{HERE}?{query}", content=b"%PDF-", headers=PDF)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] == "REQUEST_INVALID"


@pytest.mark.parametrize("day", ["1950-01-01", "2199-12-31"])
def test_a_result_about_any_day_is_shown_again(shared: Quick, day: str) -> None:
    client, _, _ = shared
    answer = client.post(f"{HERE}?at={day}", content=b"%PDF-", headers=PDF)
    secret = answer.headers["Location"].rpartition("/")[2]
    for lang in ("zh", "en"):
        assert client.get(f"/result/{secret}?lang={lang}").status_code == 200


def test_a_body_that_is_too_long_is_refused_while_it_comes(quick: Quick) -> None:
    client, engine, made = quick
    answer = client.post(HERE, content=bytes(MAX_UPLOAD_BYTES + 1), headers=PDF)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert engine.seen == []
    assert made.opened.parts.verifications.uploads.room.used == 0


def test_without_room_for_uploads_nothing_is_judged(quick: Quick) -> None:
    client, engine, made = quick
    made.opened.parts.verifications.uploads.room.max_bytes = 100
    answer = client.post(HERE, content=bytes(101), headers=PDF)
    assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert engine.seen == []


def test_beyond_what_may_wait_a_request_is_sent_away(quick: Quick) -> None:
    client, engine, made = quick
    gate = made.opened.gate
    gate.inside = gate.workers + gate.waiting
    answer = client.post(HERE, content=b"%PDF-", headers=PDF)
    assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert engine.seen == []


def test_who_is_about_to_stop_takes_nothing_on(quick: Quick) -> None:
    client, _, made = quick
    made.opened.gate.stop_asked.set()
    assert client.post(HERE, content=b"%PDF-", headers=PDF).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_results_are_kept_for_a_day_and_no_longer(quick: Quick) -> None:
    client, _, made = quick
    place = client.post(f"{HERE}?picture=true", content=b"%PDF-", headers=PDF).headers["Location"]
    picture = client.get(f"{place}/picture")
    assert (picture.content, picture.headers["Content-Type"]) == (DOT.data, DOT.media_type)
    assert client.get(f"{place}/marks").json() == []
    made.clock.advance(timedelta(hours=24))
    for part in ("", "/picture", "/marks", "/report.pdf"):
        assert client.get(place + part).status_code == 404


def test_a_picture_is_drawn_only_when_it_is_asked_for(shared: Quick) -> None:
    client, _, _ = shared
    place = client.post(HERE, content=b"%PDF-", headers=PDF).headers["Location"]
    assert client.get(place).status_code == 200
    assert client.get(f"{place}/picture").status_code == 404


def test_whoever_has_the_address_may_forget_it(shared: Quick) -> None:
    client, _, _ = shared
    place = client.post(HERE, content=b"%PDF-", headers=PDF).headers["Location"]
    assert client.ask("DELETE", place).status_code == 204
    assert client.get(place).status_code == 404
    assert client.ask("DELETE", place).status_code == 204


@pytest.mark.parametrize("secret", ["x", "A" * 32, "%2e%2e", "a" * 33])
def test_an_id_that_leads_nowhere_says_no_more(shared: Quick, secret: str) -> None:
    client, _, _ = shared
    assert client.get(f"{HERE}/{secret}").json()["code"] == "NOT_FOUND"


def test_without_a_key_there_is_no_report_file(shared: Quick) -> None:
    client, _, _ = shared
    place = client.post(HERE, content=b"%PDF-", headers=PDF).headers["Location"]
    answer = client.get(f"{place}/report.pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "REPORT_UNAVAILABLE")


def test_a_form_is_led_to_its_result(quick: Quick) -> None:
    client, engine, _ = quick
    body, headers = form(("file", "许可证.pdf", b"%PDF-1"), ("lang", None, b"en"))
    answer = client.post(HERE, content=body, headers=headers)
    assert answer.json()["verdict"] == "undetermined"
    page = _unfollowed(quick, body, headers | PAGE)
    assert page.startswith("/result/")
    assert page.endswith("?lang=en")
    assert [type(each) for each in engine.seen] == [PdfFile, PdfFile]


def test_a_form_with_a_code_instead_of_a_file(quick: Quick) -> None:
    client, engine, _ = quick
    body, headers = form(("file", "", b""), ("text", None, b" HTTPS://V.EXAMPLE/V#P1AAAA "))
    assert client.post(HERE, content=body, headers=headers).status_code == 200
    assert engine.seen == [QrText("HTTPS://V.EXAMPLE/V#P1AAAA")]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([("file", "a.pdf", b""), ("text", None, b"")], "REQUEST_INVALID"),
        ([("file", "a.pdf", b"1"), ("file", "b.pdf", b"2")], "REQUEST_INVALID"),
        ([("text", None, b"x" * 20_000)], "TOO_LARGE"),
        ([("file", "a.pdf", b"1"), ("at", None, b"soon")], "REQUEST_INVALID"),
        ([("file", "a.pdf", b"1"), ("profile", None, b"none")], "REQUEST_INVALID"),
        ([(f"f{number}", None, b"") for number in range(20)], "REQUEST_INVALID"),
    ],
)
def test_a_refused_form_is_led_back(
    shared: Quick, parts: list[tuple[str, str | None, bytes]], code: str
) -> None:
    body, headers = form(*parts)
    assert _unfollowed(shared, body, headers | PAGE) == f"/?problem={code}"


def test_the_same_key_gets_the_same_answer_once(quick: Quick) -> None:
    client, engine, made = quick
    headers = PDF | {"Idempotency-Key": "one"}
    first = client.post(HERE, content=b"%PDF-1", headers=headers)
    made.clock.advance(timedelta(hours=1))
    again = client.post(HERE, content=b"%PDF-1", headers=headers)
    assert (again.content, again.headers["Location"]) == (first.content, first.headers["Location"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(engine.seen) == 1
    for other in (
        client.post(HERE, content=b"%PDF-2", headers=headers),
        client.post(f"{HERE}?at=2026-01-01", content=b"%PDF-1", headers=headers),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    made.clock.advance(timedelta(hours=24))
    assert client.post(HERE, content=b"%PDF-2", headers=headers).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel".encode("latin-1").decode("latin-1")])
def test_an_idempotency_key_has_its_form(shared: Quick, key: str) -> None:
    client, _, _ = shared
    headers = [(b"content-type", b"application/pdf"), (b"idempotency-key", key.encode("latin-1"))]
    answer = client.post(HERE, content=b"%PDF-1", headers=dict(headers))  # type: ignore[arg-type]
    assert answer.status_code == 400


def test_a_question_about_a_day_is_about_that_day(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        answer = AppClient(made.app).post(
            f"{HERE}?at=2027-03-18", content=golden("good.pdf"), headers=PDF
        )
        assert answer.json()["code"] == "EXPIRED"
        assert answer.json()["on"] == "2027-03-18"


def test_the_inspectors_profile_accepts_older_lists(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        made.clock.advance(timedelta(hours=25))
        client = AppClient(made.app)
        verdicts = [
            client.post(f"{HERE}{query}", content=golden("good.pdf"), headers=PDF).json()["verdict"]
            for query in ("", "?profile=inspector")
        ]
        assert verdicts == ["undetermined", "valid"]


def test_what_it_learned_is_there_after_a_restart(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        AppClient(made.app).post(HERE, content=golden("good.pdf"), headers=PDF)
        place = AppClient(made.app).post(HERE, content=b"%PDF-", headers=PDF).headers["Location"]
    memory = json.loads((tmp_path / "memory.json").read_bytes())
    assert memory["lists"]
    with service(tmp_path, QuickEngine()) as made:
        assert AppClient(made.app).get(place).status_code == 200


def _unfollowed(quick: Quick, body: bytes, headers: dict[str, str]) -> str:
    """Return where a form is led to."""
    import asyncio  # noqa: PLC0415 - one call

    import httpx  # noqa: PLC0415

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(quick[2].app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(HERE, content=body, headers=headers)

    answer = asyncio.run(ask())
    assert answer.status_code == 303
    return answer.headers["Location"]
