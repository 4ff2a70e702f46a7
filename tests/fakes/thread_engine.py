"""An engine of the verifier's service without children, for tests of what stands around it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from verifier.artefacts import Artefact, Ask
from verifier.pool import Answer
from verifier.ports import TrustView
from verifier.verify import verify_artefact


class ThreadEngine:
    """Verifies in one thread of this process; conforms to `verifier.service.engine.Engine`.

    Args:
        trust: What is believed.
    """

    workers = 1
    lost = 0

    def __init__(self, trust: TrustView) -> None:
        self._trust = trust
        self._threads = ThreadPoolExecutor(1, "verify")

    async def check(self, artefact: Artefact, ask: Ask, *, picture: bool) -> Answer:
        """Verify one artefact; there is no picture."""
        del picture
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._threads, verify_artefact, artefact, self._trust, ask)
        return Answer(*await done)

    async def close(self) -> None:
        """End the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)
