"""Who asks: an institution by its key, or somebody at an address.

An address is never written down: counters know it by a digest with a salt of the service.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.requests import Request

from licence.errors import AnzhengError, Code
from licence.ports import Clock
from verifier.service.api_keys import EVERYBODY, KeyBook, Scope
from verifier.service.limits import Rule

SITE_BITS: Final = 64
"""Of an IPv6 address: one customer has at least so large a network."""

NOBODY: Final = "0.0.0.0"  # noqa: S104 - stands for an address that is not known
KEY: Final = "key:"
"""What stands before the public part of a key where a caller is named."""

_BEARER: Final = "bearer "
_WITH_PORT: Final = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        who: For counters and logs; names no person.
        rule: How often it may ask.
        scopes: What it may do.
    """

    who: str
    rule: Rule
    scopes: frozenset[Scope]

    @property
    def is_anonymous(self) -> bool:
        """Whether it showed no key."""
        return not self.who.startswith(KEY)

    def need(self, scope: Scope) -> None:
        """Refuse a caller who may not do something.

        Raises:
            AnzhengError: API_KEY_SCOPE.
        """
        if scope not in self.scopes:
            raise AnzhengError(
                Code.API_KEY_SCOPE, f"this needs an API key with the scope {scope.value}"
            )


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds out who asks.

    Args:
        clock: Tells which keys are good.
        keys: The keys of institutions.
        address_rule: What one address may do.
        key_rule: What one key may do that has no rule of its own.
        proxies: Networks whose word about an address is believed.
        salt: Keeps digests of addresses from being guessed back; the same in all processes.
        anonymous: Whether callers without a key are let in.
    """

    clock: Clock
    keys: KeyBook
    address_rule: Rule
    key_rule: Rule
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    salt: bytes = b""
    anonymous: bool = True

    def of(self, request: Request) -> Caller:
        """Return who sent a request.

        Raises:
            AnzhengError: API_KEY_REFUSED.
        """
        shown = _shown_key(request)
        if shown is not None:
            key = self.keys.find(shown, self.clock.now())
            rule = Rule(
                key.per_minute or self.key_rule.per_minute, key.per_day or self.key_rule.per_day
            )
            return Caller(f"{KEY}{key.id}", rule, key.scopes)
        scopes = EVERYBODY if self.anonymous else frozenset[Scope]()
        return Caller(self._address(request), self.address_rule, scopes)

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client is not None else NOBODY
        told = ",".join(request.headers.getlist("x-forwarded-for"))
        name = network_name(told_address(peer, told, self.proxies))
        digest = hmac.new(self.salt, name.encode(), sha256).hexdigest()
        return f"address:{digest[:24]}"


def told_address(
    peer: str, forwarded: str, proxies: tuple[IPv4Network | IPv6Network, ...]
) -> IPv4Address | IPv6Address:
    """Return the address of the asker: the last one in the chain that is no proxy of ours.

    Args:
        peer: Who connected.
        forwarded: `X-Forwarded-For`; each proxy adds whom it heard from at the end.
        proxies: Whose word is believed.
    """
    found = _parsed(peer) or ip_address(NOBODY)
    for text in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
        if not any(found in network for network in proxies):
            return found
        earlier = _parsed(text)
        if earlier is None:
            return found
        found = earlier
    return found


def network_name(address: IPv4Address | IPv6Address) -> str:
    """Return what is counted as one caller: an IPv4 address, or a site's IPv6 network."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, SITE_BITS), strict=False))
    return str(address)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, with a port behind it as some proxies write it; IPv4 within IPv6 is IPv4."""
    match = _WITH_PORT.fullmatch(text)
    try:
        found = ip_address(match[1] or match[2] if match else text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _shown_key(request: Request) -> str | None:
    key = request.headers.get("x-api-key")
    if key is not None:
        return key
    given = request.headers.get("authorization", "")
    return given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else None
