"""Keys of logs and witnesses as text."""

import pytest

from licence.errors import Code
from licence.formats import verifier_key
from licence.formats.checkpoint import LogKey, WitnessKey
from tests.fakes.refusal import refuses

LOG = LogKey("log.example/city", bytes(range(32)))
WITNESS = WitnessKey("w1.example", bytes(range(32)))
TEXT = verifier_key.encode_log_key(LOG)


def test_keys_are_read_as_they_were_written() -> None:
    assert verifier_key.read_log_key(TEXT) == LOG
    text = verifier_key.encode_witness_key(WITNESS)
    assert verifier_key.read_witness_key(text) == WITNESS


def test_text_is_that_of_the_standard() -> None:
    assert (
        f"log.example/city+{LOG.key_id().hex()}+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
        == TEXT
    )


@pytest.mark.parametrize(
    "text",
    ["", "name", TEXT[:-1], TEXT.replace("city", "town"), TEXT.replace("+AQ", "+BA"), TEXT + "="],
)
def test_slip_of_the_pen_is_refused(text: str) -> None:
    with refuses(Code.CHECKPOINT_SYNTAX):
        verifier_key.read_log_key(text)


def test_key_of_a_log_is_no_key_of_a_witness() -> None:
    with refuses(Code.CHECKPOINT_SYNTAX):
        verifier_key.read_witness_key(TEXT)
