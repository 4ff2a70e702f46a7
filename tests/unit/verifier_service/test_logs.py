"""The service's log is its own, whatever the rest of the program logs."""

import io
import json

import structlog

from verifier.service.logs import open_log


def test_the_level_of_the_program_does_not_silence_requests() -> None:
    before = structlog.get_config()
    stream = io.StringIO()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    try:
        open_log(stream).info("request", status=200)
    finally:
        structlog.configure(**before)
    assert json.loads(stream.getvalue())["event"] == "request"
