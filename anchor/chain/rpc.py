"""What speaks JSON-RPC: one node (`anchor.chain.node`) or several at once (`anchor.chain.pool`)."""

from typing import Any, Protocol


class Rpc(Protocol):
    """Asks a chain. What is asked, and what is made of the answer, is the caller's business."""

    def ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the result of one request.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE; with the facts `rpc_code` and `rpc_message` when a
                node answered, but with an error. CHAIN_REVERTED, with the fact `revert`, when a
                call would revert.
        """
        ...

    def quantity(self, method: str, *params: Any) -> int:  # noqa: ANN401 - JSON
        """Return a number.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        ...

    def octets(self, method: str, *params: Any) -> bytes:  # noqa: ANN401 - JSON
        """Return bytes.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, CHAIN_REVERTED.
        """
        ...

    def each(self, method: str, *params: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        """Return what every node that answers says: for what nodes say about themselves.

        Raises:
            AnzhengError: CHAIN_UNAVAILABLE, when none answers.
        """
        ...

    def close(self) -> None:
        """Close the connections; asking again opens new ones."""
        ...
