"""The signing key in hardware, with SoftHSM2 as the hardware.

It measures our path to a token, not a token: a real one has its own rate, and several can be used
at once. Left out where SoftHSM2 is not installed.
"""

import shutil
from typing import Final

from signer.keys import SigningKey, open_key, open_private_key
from signer.keys.pkcs11 import generate_token_key
from signer.keys.pkcs11_uri import parse_pkcs11_uri
from tests.builders import AUTHORITY, NAMES, SIGNED_AT, make_world
from tests.fakes.softhsm import PINS, Pins, soft_hsm

BITS: Final = 2048


def has_hsm() -> bool:
    """Say whether SoftHSM2 is installed."""
    return shutil.which("softhsm2-util") is not None


def hsm_key() -> SigningKey:
    """Return a licence-signing key in a token of this process."""
    hsm, pins = soft_hsm(), Pins(PINS)
    uri = hsm.uri(next(iter(PINS)), "bench")
    generate_token_key(parse_pkcs11_uri(uri), BITS, secrets=pins)
    public = open_private_key(uri, secrets=pins).public_key()
    issuing = make_world().pki.issuing
    certificate = issuing.certify_signer(AUTHORITY, NAMES[AUTHORITY], public, now=SIGNED_AT)
    return open_key(uri, certificate=certificate, secrets=pins)
