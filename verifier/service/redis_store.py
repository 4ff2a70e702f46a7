"""Redis: results and counters that several processes share. The only place that knows its library.

Standard: Redis 7, SET with PXAT and NX; EVAL.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from licence.errors import AnzhengError, Code
from verifier.service.limits import DAY, MINUTE, Rule, Taken, until_midnight

TIMEOUT_SECONDS: Final = 0.5
"""A request waits for Redis no longer; then it goes on without."""

PREFIX: Final = "anzheng:verifier:"

_TAKE: Final = """
local function text(number) return string.format('%.17g', number) end
local now, files, step, minute, per_day, ends =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]),
  tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local used = tonumber(redis.call('GET', KEYS[2]) or '0')
if files > per_day - used then return {'day', tostring(per_day - used), '0'} end
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
if arrival - now > minute - step then
  return {'minute', tostring(per_day - used), text(arrival - now - minute + step)}
end
redis.call('SET', KEYS[1], text(arrival + step), 'EX', math.ceil(minute * 2))
if files > 0 then
  redis.call('INCRBY', KEYS[2], files)
  redis.call('EXPIREAT', KEYS[2], ends)
end
return {'yes', tostring(per_day - used - files), '0'}
"""
"""`limits.LocalCounters.take`, in one step for all processes."""

_CODES: Final = {b"yes": None, b"day": Code.QUOTA_EXCEEDED, b"minute": Code.RATE_LIMITED}


class RedisStore:
    """Conforms to `shelf.Shelf` and `limits.Counters`; everything raises STORE_FAILED when lost.

    Args:
        client: A client that answers bytes.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def put(self, place: bytes, data: bytes, *, until: datetime) -> None:
        """Keep bytes, over what is there."""
        async with _asking():
            await self._client.set(_key(place), data, pxat=_milliseconds(until))

    async def put_new(self, place: bytes, data: bytes, *, until: datetime) -> bytes | None:
        """Keep bytes where there are none, or return those that are there."""
        async with _asking():
            end = _milliseconds(until)
            if await self._client.set(_key(place), data, pxat=end, nx=True):
                return None
            found = await self._client.get(_key(place))
        return _bytes(found)

    async def get(self, place: bytes) -> bytes | None:
        """Return what is there."""
        async with _asking():
            found = await self._client.get(_key(place))
        return _bytes(found)

    async def remove(self, place: bytes) -> None:
        """Forget what is there."""
        async with _asking():
            await self._client.delete(_key(place))

    async def take(self, who: str, files: int, rule: Rule, now: datetime) -> Taken:
        """Take room for one request with so many files, or for none."""
        day = int(now.timestamp()) // DAY
        async with _asking():
            said, left, wait = await self._client.eval(
                _TAKE,
                2,
                f"{PREFIX}rate:{who}",
                f"{PREFIX}day:{day}:{who}",
                repr(now.timestamp()),
                str(files),
                repr(MINUTE / rule.per_minute),
                repr(MINUTE),
                str(rule.per_day),
                str((day + 1) * DAY + 60),
            )
            # Inside: an answer that is none of ours is one of a Redis that is lost.
            code, seconds = _CODES[said], float(wait)
            if not 0 <= seconds <= DAY:
                raise ValueError("nobody waits so long")
            count = min(max(0, int(float(left))), rule.per_day)
        return Taken(code, count, until_midnight(now) if code is Code.QUOTA_EXCEEDED else seconds)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def open_redis(url: str) -> RedisStore:
    """Return a store at a URL; nothing is asked of it yet.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    try:
        client = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
            max_connections=64,
        )
    except ValueError as exc:
        # Without its text, which repeats the URL: a password may stand in it.
        raise AnzhengError(
            Code.SETTINGS_INVALID, "setting redis_url is no URL of Redis", field="redis_url"
        ) from exc
    return RedisStore(client)


@asynccontextmanager
async def _asking() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(2 * TIMEOUT_SECONDS):
            yield
    except (RedisError, OSError, ValueError, TypeError, LookupError, ArithmeticError) as exc:
        raise AnzhengError(Code.STORE_FAILED, "Redis does not answer as it should") from exc


def _bytes(found: bytes | str | None) -> bytes | None:
    return found.encode() if isinstance(found, str) else found


def _key(place: bytes) -> str:
    return f"{PREFIX}kept:{place.hex()}"


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
