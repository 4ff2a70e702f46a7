"""What targets and their seeds have in common."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from licence.formats import cms, es256, hole
from licence.formats.status_shard import ListName
from licence.ids import AuthorityId, RegistryId
from tests.bad import store
from tests.fakes import status_keys
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

Target = Callable[[bytes], None]
COMPAT: Final = Path(__file__).parents[1] / "compat" / "v1"
VECTORS: Final = Path(__file__).parents[1] / "assets" / "vectors"
NAME: Final = ListName(
    "http://127.0.0.1:8470/v1/status-lists",
    RegistryId("cn-aqscxkz-test"),
    AuthorityId("1121000000TXT10121"),
    0,
)
"""Of the lists in the corpus of bad files."""
GOLDEN: Final = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
"""Of the lists among the goldens."""
KEYS: Final = (status_keys.KEY,)


def reading(read: Callable[[bytes], object]) -> Target:
    """Return a target that reads, and looks at nothing else."""

    def target(data: bytes) -> None:
        read(data)

    return target


def text(read: Callable[[str], object]) -> Target:
    """Return a target that reads text."""

    def target(data: bytes) -> None:
        read(data.decode("utf-8", "replace"))

    return target


def same(encode: Callable[..., bytes], decode: Callable[[bytes], object]) -> Target:
    """Return a target of which what is read must be written in the same bytes."""

    def target(data: bytes) -> None:
        assert encode(decode(data)) == data

    return target


def as_signed(read: Callable[[bytes], object]) -> Target:
    """Return a target to which every signature is right: else none would see what was signed."""

    def target(data: bytes) -> None:
        verify = es256.verify
        es256.verify = _nothing
        try:
            read(data)
        finally:
            es256.verify = verify

    return target


def _nothing(*_: object, **__: object) -> None:
    return


def golden(folder: str, name: str) -> bytes:
    """Return a file among the goldens."""
    return (COMPAT / folder / name).read_bytes()


def cms_of(pdf: bytes) -> bytes:
    """Return the CMS in a signed file."""
    return hole.contents(pdf, hole.find(pdf))


@cache
def licence_cms() -> tuple[bytes, cms.CmsParts]:
    """Return the CMS of the good licence of the corpus, DER and read."""
    data = cms_of(store.bases()["licence"])
    return data, cms.parse(data)
