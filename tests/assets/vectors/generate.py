"""Write the vectors anew: `python -m tests.assets.vectors.generate`.

What comes out is the same in every run; a test compares. Verdicts and codes are stated in the cases
and not taken from the verifier, which has to agree with them like everybody else.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from licence.formats import trust_bundle
from tests.fakes import vector_copy, vector_lists, vector_packs, vector_qr
from tests.fakes.vector_world import make_vector_world
from tests.fakes.vectors import FOLDER, b64, trust_json, write


def qr_vectors() -> bytes:
    """Return `qr.json`."""
    world = make_vector_world()
    trusts = {name: trust_json(each) for name, each in vector_qr.trusts(world).items()}
    cases = [case.as_json() for case in vector_qr.cases(world, make_vector_world(other=True))]
    return write({"trusts": trusts, "cases": cases})


def status_vectors() -> bytes:
    """Return `status.json`."""
    world = make_vector_world()
    bundle = trust_bundle.encode(world.bundle).decode()
    return write({"bundle": bundle, "cases": list(vector_lists.cases())})


def copy_vectors() -> bytes:
    """Return `copy.json`; with a licence in it, so another release of fonts or Typst changes it."""
    world = make_vector_world()
    one = vector_copy.issue(world)
    cases = [case.as_json() for case in vector_copy.cases(world, one)]
    trusts = {name: trust_json(each) for name, each in vector_copy.trusts(world).items()}
    return write({"trusts": trusts, "cases": cases})


def pack_vectors() -> bytes:
    """Return `trust_pack.json`."""
    world = make_vector_world()
    with TemporaryDirectory() as folder:
        found = vector_packs.packs(world, Path(folder) / "trust")
    usual = found.pop("usual")
    # Only what differs from the usual folder; null for a file that is not there.
    packs: dict[str, dict[str, str | None]] = {
        name: {path: b64(data) for path, data in pack.items() if usual.get(path) != data}
        | {path: None for path in usual if path not in pack}
        for name, pack in found.items()
    }
    packs["usual"] = {path: b64(data) for path, data in usual.items()}
    return write({"packs": packs, "cases": list(vector_packs.pack_cases())})


def evidence_vectors() -> bytes:
    """Return `evidence.json`."""
    bundle = trust_bundle.encode(make_vector_world().bundle).decode()
    return write({"bundle": bundle, "cases": list(vector_packs.evidence_cases())})


SAME_EVERYWHERE: Final = {
    "qr.json": qr_vectors,
    "status.json": status_vectors,
    "trust_pack.json": pack_vectors,
    "evidence.json": evidence_vectors,
}
"""What must come out the same in every run, on every machine."""


def all_vectors() -> dict[str, bytes]:
    """Return every file by name."""
    makers = {**SAME_EVERYWHERE, "copy.json": copy_vectors}
    return {name: make() for name, make in makers.items()}


if __name__ == "__main__":
    for name, data in all_vectors().items():
        (Path(FOLDER) / name).write_bytes(data)
        sys.stdout.write(f"{name}: {len(data):,} bytes\n")
