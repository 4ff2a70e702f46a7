"""A world whose keys are numbers in a file, so that whatever it signs is the same in every run.

The RSA keys lie in the open and are worth nothing: they sign test vectors and nothing else.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from cryptography.hazmat.primitives.asymmetric import rsa

from licence.formats.entitlement import make_entitlement
from signer import test_pki
from signer.test_pki import TestPki, create_test_pki
from tests.builders import INDUSTRIES, NAMES, SIGNED_AT, TYPES, World, make_bundle
from tests.builders import make_world as make_random_world
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy

KEYS = Path(__file__).parents[1] / "assets/vectors/keys.json"
EXPONENT = 65537
BASE_URL = "http://127.0.0.1:9/pki"


def make_vector_world(*, other: bool = False) -> World:
    """Return the world of the vectors, or one of another PKI with the same names."""
    pki = _pki(other=other)
    return World(
        pki=pki,
        clock=FakeClock(SIGNED_AT),
        entropy=SeededEntropy("vector tokens"),
        press=make_random_world().press,
        bundle=make_bundle(pki),
    )


def _pki(*, other: bool) -> TestPki:
    keys = _keys(other=other)
    with mock.patch.object(test_pki, "new_rsa_key", side_effect=keys):
        return create_test_pki(
            list(NAMES.items()),
            now=SIGNED_AT.replace(day=20),
            entropy=SeededEntropy("vectors"),
            base_url=BASE_URL,
            entitlements={code: make_entitlement(code, TYPES, INDUSTRIES) for code in NAMES},
        )


def _keys(*, other: bool) -> Iterator[rsa.RSAPrivateKey]:
    found = list(json.loads(KEYS.read_text("utf-8")).values())
    # The same six keys in another order are a PKI that shares no CA key with the first.
    for each in reversed(found) if other else found:
        yield _key(int(each["p"], 16), int(each["q"], 16))


def _key(p: int, q: int) -> rsa.RSAPrivateKey:
    d = rsa.rsa_recover_private_exponent(EXPONENT, p, q)
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    return numbers.private_key()
