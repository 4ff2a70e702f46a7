"""Reading request bodies within a limit."""

from collections.abc import Awaitable, Callable

from fastapi import Request

from licence.errors import AnzhengError, Code


def limited_body(max_bytes: int) -> Callable[[Request], Awaitable[bytes]]:
    """Make a dependency that reads a body and stops as soon as it is too long."""

    async def read(request: Request) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > max_bytes:
                raise AnzhengError(
                    Code.TOO_LARGE, f"the body is longer than {max_bytes} bytes", limit=max_bytes
                )
            parts.append(part)
        return b"".join(parts)

    return read
