"""Taking bodies in: as they come, within a size, a time and the memory that all uploads share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import ClientDisconnect, Request

from licence.errors import AnzhengError, Code

RETRY_SECONDS: Final = 5


@dataclass(slots=True)
class Room:
    """The memory, or the disk, for everything that is held at once.

    Args:
        max_bytes: Of all bodies together.
    """

    max_bytes: int
    used: int = 0

    @contextmanager
    def share(self) -> "Iterator[Share]":
        """Hold a share of it until the block ends."""
        share = Share(self)
        try:
            yield share
        finally:
            share.release()


@dataclass(slots=True)
class Share:
    """What one request holds."""

    room: Room
    held: int = 0

    def take(self, count: int) -> None:
        """Hold so much more.

        Raises:
            AnzhengError: OVERLOADED.
        """
        if self.room.used + count > self.room.max_bytes:
            raise AnzhengError(
                Code.OVERLOADED,
                "as many uploads are under way as the service has room for",
                retry_after=RETRY_SECONDS,
            )
        self.room.used += count
        self.held += count

    def release(self) -> None:
        """Hold nothing any more."""
        self.room.used -= self.held
        self.held = 0


@dataclass(frozen=True, slots=True)
class Uploads:
    """How bodies are taken in.

    Args:
        room: What all of them share.
        seconds: How long one may take.
    """

    room: Room
    seconds: float

    async def chunks(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """Give a body piece by piece.

        Raises:
            AnzhengError: TOO_LARGE, as soon as it is known; UPLOAD_TIMED_OUT; REQUEST_INVALID, when
                the sender went away.
        """
        refuse_declared(request, max_bytes)
        size, stream = 0, request.stream()
        end = asyncio.get_running_loop().time() + self.seconds
        try:
            while True:
                async with asyncio.timeout_at(end):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return
                size += len(chunk)
                if size > max_bytes:
                    raise too_large(max_bytes)
                if chunk:
                    yield chunk
        except TimeoutError:
            raise AnzhengError(
                Code.UPLOAD_TIMED_OUT, f"the body did not arrive within {self.seconds:g} s"
            ) from None
        except ClientDisconnect:
            raise AnzhengError(Code.REQUEST_INVALID, "the sender went away") from None

    async def body(self, request: Request, share: Share, max_bytes: int) -> bytes:
        """Return a body, held in a share; raises as `chunks` does, and OVERLOADED."""
        whole = Buffer(share)
        async for chunk in self.chunks(request, max_bytes):
            whole.add(chunk)
        return whole.bytes()


@dataclass(slots=True)
class Buffer:
    """Bytes that grow within a share."""

    share: Share
    _data: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> None:
        """Add a piece; raises as `Share.take` does."""
        self.share.take(len(chunk))
        self._data += chunk

    def bytes(self) -> bytes:
        """Return what came."""
        return bytes(self._data)


def refuse_declared(request: Request, max_bytes: int) -> None:
    """Refuse a body that says itself that it is too long, before it is sent.

    Raises:
        AnzhengError: TOO_LARGE.
    """
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > max_bytes:
        raise too_large(max_bytes)


def too_large(max_bytes: int) -> AnzhengError:
    """Return the error for a body that is too long."""
    return AnzhengError(
        Code.TOO_LARGE, f"the body is longer than {max_bytes} bytes", limit=max_bytes
    )
