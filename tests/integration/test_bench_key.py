"""The bench has a key in a token to measure; nothing else runs `make bench` before people do."""

import pytest

from licence.formats import algorithms
from signer.certificates import load_certificate
from tools.bench.hsm import hsm_key


@pytest.mark.tools("softhsm2-util")
def test_the_key_of_the_bench_signs() -> None:
    key = hsm_key()
    public = algorithms.rsa_key(load_certificate(key.certificate), key.algorithm)
    assert algorithms.holds(public, key.sign(b"data"), b"data", key.algorithm)
