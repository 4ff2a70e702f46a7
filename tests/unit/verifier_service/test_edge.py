"""Headers, logs, numbers, spans, health: what is told, and what is told to nobody."""

import asyncio
import json
import re
import traceback
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.types import Message, Receive, Scope, Send
from typing_extensions import override

from tests.fakes.verifier_service import QuickEngine, form, golden, service
from tests.fakes.web import AppClient
from verifier.artefacts import Artefact, Ask
from verifier.pool import Answer
from verifier.service.edge import Edge
from verifier.service.headers import CONTENT_SECURITY_POLICY
from verifier.service.logs import FIELDS
from verifier.service.tracing import Spans

HERE = "/v1/verifications"
PDF = {"Content-Type": "application/pdf"}


def test_every_answer_has_the_headers(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        client = AppClient(made.app)
        for path in ("/healthz", "/v1/nothing", "/v1/openapi.json", "/metrics"):
            headers = client.get(path).headers
            assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert re.fullmatch("[0-9a-f]{24}", headers["X-Request-Id"])
            assert "Access-Control-Allow-Origin" not in headers


def test_a_page_of_another_origin_may_not_read(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        answer = AppClient(made.app).ask(
            "OPTIONS",
            HERE,
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        )
    assert answer.status_code == 405
    assert not [each for each in answer.headers if each.startswith("access-control")]


@pytest.mark.parametrize(
    ("given", "taken"),
    [("abcdefgh-1", True), ("short", False), ("a" * 65, False), ("with space", False)],
)
def test_a_request_id_is_taken_over_when_it_is_one(
    tmp_path: Path, given: str, *, taken: bool
) -> None:
    with service(tmp_path, QuickEngine()) as made:
        found = AppClient(made.app).get("/healthz", headers={"X-Request-Id": given}).headers
        assert (found["X-Request-Id"] == given) is taken
        assert made.logged[-1]["request_id"] == found["X-Request-Id"]


def test_head_is_get_without_the_body(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        answer = AppClient(made.app).ask("HEAD", "/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


def test_nothing_about_a_licence_or_an_asker_is_logged(tmp_path: Path) -> None:
    """No name, number, USCC, digest, file name, address, id or key, whatever is sent and fails."""
    with service(tmp_path) as made:
        client = AppClient(made.app)
        asker = {"X-Forwarded-For": "203.0.113.99", "User-Agent": "Inspector Li"}
        good = client.post(HERE, content=golden("good.pdf"), headers=PDF | asker)
        said, place = good.json(), good.headers["Location"]
        number = said["licence"]["licence_no"]
        for path in (
            place,
            f"{place}/picture",
            f"/v1/{number}",
            f"/L/{number}",
            f"{HERE}?at={number}",
        ):
            client.get(path, headers=asker)
        client.post(HERE, content=number.encode(), headers={"Content-Type": "text/plain"})
        body, headers = form(("file", "大连镕犇化工.pdf", golden("good.pdf")))
        client.post(f"{HERE}:batch", content=body, headers=headers | asker)
        client.post(HERE, content=b"x", headers=PDF | {"X-Api-Key": "azk_secretsecret"})
        logged, lines = made.lines.getvalue(), made.logged
    licence = said["licence"]
    assert len(lines) >= 9
    for word in (
        licence["enterprise_name"],
        licence["uscc"],
        number,
        "镕犇",
        said["leaf"],
        said["file_sha256"],
        place.rpartition("/")[2],
        "203.0.113",
        "127.0.0.1",
        "Inspector",
        "secretsecret",
        "address:",
    ):
        assert word not in logged
        assert json.dumps(word)[1:-1] not in logged
    assert {name for line in lines for name in line} <= FIELDS


def test_numbers_name_routes_and_verdicts_only(tmp_path: Path) -> None:
    with service(tmp_path) as made:
        client = AppClient(made.app)
        answer = client.post(HERE, content=golden("foreign.pdf"), headers=PDF)
        client.get(answer.headers["Location"])
        client.post(HERE, content=b"", headers=PDF)
        text = client.get("/metrics").text
    assert (
        'anzheng_verifier_verdicts_total{artefact="PdfFile",code="NOT_A_LICENCE",verdict="foreign"}'
        " 1.0" in text
    )
    assert 'anzheng_verifier_refused_total{code="REQUEST_INVALID"} 1.0' in text
    assert 'route="/v1/verifications/{secret}",status="200"' in text
    assert answer.headers["Location"].rpartition("/")[2] not in text
    assert "anzheng_verifier_trust_age_seconds 300.0" in text
    assert "anzheng_verifier_redis_lost 0.0" in text


def test_spans_are_named_and_say_nothing_else(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    with service(tmp_path, QuickEngine(), Spans(exporter, at_once=True)) as made:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = PDF | {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        AppClient(made.app).post(HERE, content=b"%PDF-", headers=headers)
        assert made.logged[-1]["trace_id"] == trace
    spans = exporter.get_finished_spans()
    assert {each.name for each in spans} == {"http.request", "verify.check", "verify.keep"}
    assert {f"{each.context.trace_id:032x}" for each in spans if each.context} == {trace}
    assert all(not each.attributes and not each.events for each in spans)


def test_ready_says_how_old_what_it_believes_is(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        client = AppClient(made.app)
        body = client.get("/readyz").json()
        assert body["status"] == "ready"
        assert body["trust"]["age_seconds"] == 300
        made.opened.parts.health.trust.trouble = None
        about = client.get("/v1/service").json()
    assert about["limits"] == {"bytes": 52_428_800, "batch_files": 1_000, "result_hours": 24}
    assert about["trust"]["environment"] == "test"
    assert about["reports"] is False


def test_the_trust_folder_is_served_as_it_lies(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine()) as made:
        client = AppClient(made.app)
        answer = client.get("/v1/trust/metadata/timestamp.json")
        assert answer.status_code == 200
        assert answer.json()["signed"]["_type"] == "timestamp"
        for path in ("/v1/trust/../leaves.json", "/v1/trust/%2e%2e/leaves.json", "/v1/trust/"):
            assert client.get(path).status_code == 404


def test_a_pointer_leads_to_the_page_with_the_code_in_the_fragment(tmp_path: Path) -> None:
    from licence.formats.short_code import short_code  # noqa: PLC0415 - one call

    code = short_code(b"anything")
    with service(tmp_path, QuickEngine()) as made:
        client = AppClient(made.app)
        answer = client.get(f"/L/{code}")
        assert str(answer.url).partition("#")[2] == f"c={code}"
        assert client.get("/L/nonsense").status_code == 400
        # Who scans what a forger printed is told in words, on the page.
        led = client.get("/L/nonsense", headers={"Accept": "text/html,*/*"})
        assert (led.status_code, led.url.path, led.url.query) == (
            200,
            "/",
            b"problem=SHORT_CODE_FORMAT",
        )
        assert "请对照纸面重新输入" in led.text
        assert client.get("/assets/gone-1234.js").headers["Cache-Control"] == "no-store"


def test_beyond_what_may_be_open_a_request_is_told_when_to_come(tmp_path: Path) -> None:
    with service(tmp_path, QuickEngine(), connections=1) as made:
        client = AppClient(made.app)
        assert client.get("/v1/service").status_code == 200
        edge: Any = made.app.middleware_stack
        while not isinstance(edge, Edge):
            edge = edge.app if hasattr(edge, "app") else edge._app
        edge._open = 1
        answer = client.get("/v1/service")
        assert (answer.status_code, answer.json()["code"]) == (503, "OVERLOADED")
        assert answer.headers["Retry-After"] == "10"
        assert client.get("/healthz").status_code == 200


class BrokenEngine(QuickEngine):
    """Breaks, with what was handed in in its message."""

    @override
    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        raise ValueError(f"cannot read {artefact} 辽WH20240127")


def test_a_fault_of_ours_says_nothing_about_the_file(tmp_path: Path) -> None:
    with service(tmp_path, BrokenEngine()) as made:
        answer = AppClient(made.app).post(HERE, content=b"%PDF-", headers=PDF)
        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
        assert answer.headers["X-Request-Id"] == made.logged[-1]["request_id"]
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "20240127" not in made.lines.getvalue() + answer.text
        assert made.logged[-2]["error"] == "ValueError"
        assert made.opened.gate.inside == 0
        assert made.opened.parts.verifications.uploads.room.used == 0


def test_a_span_of_what_fails_does_not_say_of_what(tmp_path: Path) -> None:
    exporter = InMemorySpanExporter()
    with service(tmp_path, BrokenEngine(), Spans(exporter, at_once=True)) as made:
        assert AppClient(made.app).post(HERE, content=b"%PDF-", headers=PDF).status_code == 500
    spans = exporter.get_finished_spans()
    assert {each.name for each in spans} == {"http.request", "verify.check"}
    assert not any(each.status.description or each.attributes or each.events for each in spans)


def test_an_answer_that_breaks_off_does_not_say_over_what(tmp_path: Path) -> None:
    async def breaks(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("cannot write 辽WH20240127")

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def sent(_message: Message) -> None:
        return None

    with service(tmp_path, QuickEngine()) as made:
        parts = made.opened.parts
        edge = Edge(breaks, parts.log, parts.entropy, parts.limiter, parts.tracing, 10)
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        with pytest.raises(RuntimeError) as caught:
            asyncio.run(edge(scope, nothing, sent))
        assert "20240127" not in "".join(traceback.format_exception(caught.value))
        assert "20240127" not in made.lines.getvalue()
