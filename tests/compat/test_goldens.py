"""What today's code writes is what the first release wrote."""

import pytest

from tests.compat import generate


@pytest.mark.parametrize("topic", generate.topics())
def test_todays_code_writes_the_same_bytes(topic: str) -> None:
    for name, data in generate.files(topic).items():
        assert (generate.TARGET / name).read_bytes() == data, name
