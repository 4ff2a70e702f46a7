"""What a change of status costs, from the committed table of the contract; a test keeps it true."""

import re
from pathlib import Path
from typing import Final

from tools.bench.measures import Measure, Peer

_ROW: Final = re.compile(r"^\|([^|]+)\| *([0-9,]+) *\| *([0-9,]+) *\|", re.MULTILINE)
TABLE: Final = Path(__file__).resolve().parent.parent.parent / "contracts" / "gas.md"
NEIGHBOURS: Final = 256
BULK: Final = "both together, neighbours"
DIRECT: Final = "suspend, neighbours"
OPEN_ATTESTATION: Final = 24_465
"""Gas to revoke one document, as its authors publish it."""


def measures() -> tuple[Measure, ...]:
    """Return the gas of changing 256 neighbours, a licence."""
    rows = read_table(TABLE.read_text("utf-8"))
    return (
        Measure(
            name="gas_status_bulk",
            value=rows[BULK, NEIGHBOURS] / NEIGHBOURS,
            unit="gas/licence",
            limit=750,
            target=750,
            at_least=False,
            peer=Peer("OpenAttestation revoke (published number)", OPEN_ATTESTATION),
            note=f"a final status of {NEIGHBOURS} neighbours, proposed and confirmed; suspending "
            f"them costs {rows[DIRECT, NEIGHBOURS] / NEIGHBOURS:.0f}; from contracts/gas.md",
        ),
    )


def read_table(text: str) -> dict[tuple[str, int], int]:
    """Return the gas of each call by its name and the number of licences."""
    found = {}
    for row in _ROW.finditer(text):
        name, licences, gas = row.groups()
        found[name.strip(), int(licences.replace(",", ""))] = int(gas.replace(",", ""))
    return found
