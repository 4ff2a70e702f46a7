"""Makes the fixtures of this folder and of `status_proof`; their state comes from anvil.

python -m tests.assets.qbft.generate            # the fixtures, from state.json
python -m tests.assets.qbft.generate --state    # state.json anew too (changes every fixture)
"""

import sys
import tempfile
from pathlib import Path

from anchor.chain.devnet import Devnet, running
from tests.fakes import qbft_files, qbft_state
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain


def main(arguments: list[str]) -> None:
    """Write all files."""
    if "--state" in arguments:
        with (
            tempfile.TemporaryDirectory() as folder,
            running(Devnet(ANVIL, Path(folder) / "anvil", CHAIN_ID)) as devnet,
        ):
            qbft_state.save(qbft_state.capture(DevChain(devnet)))
    for path, data in qbft_files.files():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
