"""What makes pyHanko's opinion cheaper without changing a word of it.

Three quarters of its time went into reading the 32,768 digits of /Contents one by one, into parsing
the same certificates and revocation lists for each file of an authority anew, and into preparing
the same few names for comparison; of the rest, a fifth into comparing names of certificates again
and again. Texts that a stranger may choose are kept in bounded numbers.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import BinaryIO, Final

from asn1crypto import crl, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import ByteStringObject, TextStringObject, pdf_string

MAX_KEPT: Final = 256
"""Certificates or lists that one thread keeps parsed; an authority has a handful."""
MAX_TEXTS: Final = 4_096
"""Parts of names whose prepared form is kept."""
MAX_NAMES: Final = 1_024
"""Names, and pairs of names, of which is kept what they are compared by."""
_BLOCK: Final = 1 << 16

_Equal = Callable[[object, object], bool]
_Spell = Callable[[x509.RDNSequence], str]
_Prepare = Callable[[object, str], str]
_Read = Callable[[BinaryIO], ByteStringObject | TextStringObject]


class _Parsed(threading.local):
    """Parsed objects of one thread: they parse themselves further while they are read."""

    def __init__(self) -> None:
        self.certificate = lru_cache(MAX_KEPT)(x509.Certificate.load)
        self.crl = lru_cache(MAX_KEPT)(crl.CertificateList.load)


_PARSED: Final = _Parsed()


def certificate(der: bytes) -> x509.Certificate:
    """Return a certificate, parsed once in this thread."""
    return _PARSED.certificate(der)


def certificate_list(der: bytes) -> crl.CertificateList:
    """Return a revocation list, parsed once in this thread."""
    return _PARSED.crl(der)


def quick_hex(slow: _Read) -> _Read:
    """Return a reader of hexadecimal strings that takes plain digits at once.

    Args:
        slow: pyHanko's own, for whatever is not an even number of digits and nothing else.
    """

    def read(stream: BinaryIO) -> ByteStringObject | TextStringObject:
        start = stream.tell()
        block = stream.read(_BLOCK)
        end = block.find(b">")
        digits = block[1:end]
        if end < 1 or len(digits) % 2 or digits.translate(None, generic.HEX_DIGITS):
            stream.seek(start)
            return slow(stream)
        stream.seek(start + end + 1)
        return pdf_string(bytes.fromhex(digits.decode("ascii")))

    return read


def remembered(slow: _Prepare) -> _Prepare:
    """Return a preparer of names that remembers what it prepared.

    Args:
        slow: That of asn1crypto, which depends on the text alone (RFC 4518, 2).
    """
    prepared = lru_cache(MAX_TEXTS)(lambda text: slow(None, text))
    return lambda _, text: prepared(text)


def same_or(slow: _Equal) -> _Equal:
    """Return an equality of names that looks at their bytes, and remembers what they came to.

    Args:
        slow: That of asn1crypto, for names that are spelt differently and may still be the same.
    """

    @lru_cache(MAX_NAMES)
    def compared(mine: bytes, theirs: bytes) -> bool:
        return mine == theirs or slow(x509.RDNSequence.load(mine), x509.RDNSequence.load(theirs))

    def equal(name: object, other: object) -> bool:
        if isinstance(name, x509.RDNSequence) and isinstance(other, x509.RDNSequence):
            return compared(name.dump(), other.dump())
        return slow(name, other)

    return equal


def spelt_once(slow: _Spell) -> _Spell:
    """Return what makes a name's key for dictionaries, once for each name.

    Args:
        slow: That of asn1crypto, which depends on the name's bytes alone.
    """
    spelt = lru_cache(MAX_NAMES)(lambda der: slow(x509.RDNSequence.load(der)))
    return lambda name: spelt(name.dump())


SLOW_HEX: Final[_Read] = generic.read_hex_string_from_stream
SLOW_PREPARE: Final[_Prepare] = x509.NameTypeAndValue._ldap_string_prep  # noqa: SLF001 - the slow part
setattr(generic, "read_hex_string_from_stream", quick_hex(SLOW_HEX))  # noqa: B010 - it is typed as a function
setattr(x509.NameTypeAndValue, "_ldap_string_prep", remembered(SLOW_PREPARE))  # noqa: B010
SLOW_EQUAL: Final[_Equal] = x509.RDNSequence.__eq__
setattr(x509.RDNSequence, "__eq__", same_or(SLOW_EQUAL))  # noqa: B010
SLOW_KEY: Final[_Spell] = x509.RDNSequence.hashable.fget
setattr(x509.RDNSequence, "hashable", property(spelt_once(SLOW_KEY)))  # noqa: B010
