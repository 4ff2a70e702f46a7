"""Write the vectors anew: `python -m tests.assets.vectors.generate`.

What comes out is the same in every run; a test compares. Verdicts and codes are stated in the cases
and not taken from the verifier, which has to agree with them like everybody else.
"""

from pathlib import Path

from tests.fakes import vector_qr
from tests.fakes.vector_world import make_vector_world
from tests.fakes.vectors import FOLDER, trust_json, write


def qr_vectors() -> bytes:
    """Return `qr.json`."""
    world = make_vector_world()
    trusts = {name: trust_json(each) for name, each in vector_qr.trusts(world).items()}
    cases = [case.as_json() for case in vector_qr.cases(world, make_vector_world(other=True))]
    return write({"trusts": trusts, "cases": cases})


def all_vectors() -> dict[str, bytes]:
    """Return every file by name."""
    return {"qr.json": qr_vectors()}


if __name__ == "__main__":
    for name, data in all_vectors().items():
        (Path(FOLDER) / name).write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
