"""Signers of each algorithm, under the CA of a test world."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from licence.formats.algorithms import SCHEMES, SignatureAlgorithm
from signer.keys import FileKey
from tests.builders import AUTHORITY, NAMES, SIGNED_AT, World, make_world

ALGORITHMS = tuple(SCHEMES)
"""The four that there is code for."""

_FOLDER = Path(__file__).parent.parent / "assets" / "proof"


@cache
def rsa_key(bits: int) -> RSAPrivateKey:
    """Return the one test key of this size: 2048 or 3072."""
    key = serialization.load_pem_private_key((_FOLDER / f"rsa{bits}.pem").read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@cache
def signer_key(algorithm: SignatureAlgorithm) -> FileKey:
    """Return a licence-signing key for this algorithm, certified by the world's issuing CA."""
    scheme = SCHEMES[algorithm]
    key = rsa_key(scheme.bits)
    certificate = make_world().pki.issuing.certify_signer(
        AUTHORITY, NAMES[AUTHORITY], key.public_key(), now=SIGNED_AT
    )
    return FileKey(key, certificate, padding=scheme.padding)


def world_of(algorithm: SignatureAlgorithm) -> World:
    """Return the world in which the first authority signs by this algorithm."""
    world = make_world()
    keys = MappingProxyType({**world.pki.signer_keys, AUTHORITY: signer_key(algorithm)})
    return replace(world, pki=replace(world.pki, signer_keys=keys))
