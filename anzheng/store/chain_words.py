"""The chain's status words as of the last final block that was read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select

from anchor.calls import LICENCES_IN_WORD
from anchor.chain_words import WORD_BYTES, Place, worst
from anzheng.store.tables import chain_reads, chain_words
from anzheng.store.times import to_text
from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.ids import Address, AuthorityId, ChainId, RegistryId, StatusIndex

_ASKED_AT_ONCE = 500


class ChainWords:
    """Repository of status words; conforms to `anchor.chain_words.WordBook`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def height(self, place: Place) -> int | None:
        """Up to which block the words are known; None if they never were read."""
        found: int | None = self._connection.execute(
            select(chain_reads.c.height).where(_of(chain_reads, place))
        ).scalar_one_or_none()
        return found

    def contracts(
        self, registry: RegistryId, authority: AuthorityId
    ) -> frozenset[tuple[ChainId, Address]]:
        """The contracts whose words of an authority are known."""
        rows = self._connection.execute(
            select(chain_reads.c.chain_id, chain_reads.c.contract).where(
                _both(chain_reads, registry, authority)
            )
        )
        return frozenset((ChainId(row[0]), Address(row[1])) for row in rows)

    def values(self, place: Place, words: Sequence[int]) -> dict[int, int]:
        """These words as they are known; one that is not named is zero."""
        found: dict[int, int] = {}
        for first in range(0, len(words), _ASKED_AT_ONCE):
            rows = self._connection.execute(
                select(chain_words.c.word, chain_words.c.value).where(
                    _of(chain_words, place)
                    & chain_words.c.word.in_(words[first : first + _ASKED_AT_ONCE])
                )
            )
            found |= {row[0]: int.from_bytes(row[1], "big") for row in rows}
        return found

    def save(
        self,
        place: Place,
        *,
        after: int | None,
        height: int,
        words: Mapping[int, int],
        now: datetime,
    ) -> None:
        """Store words that changed and the new height.

        Raises:
            AnzhengError: CONFLICT if the height is not `after` any more.
        """
        if self.height(place) != after:
            raise AnzhengError(Code.CONFLICT, "another process has read the chain; try again")
        revision = self.revision(place.registry, place.authority) + bool(words)
        key = {
            "registry": place.registry,
            "authority": place.authority,
            "chain_id": place.chain_id,
            "contract": place.contract,
        }
        for word in words:
            self._connection.execute(
                delete(chain_words).where(_of(chain_words, place) & (chain_words.c.word == word))
            )
        if words:
            self._connection.execute(
                insert(chain_words),
                [
                    {
                        **key,
                        "word": word,
                        "value": value.to_bytes(WORD_BYTES, "big"),
                        "revision": revision,
                    }
                    for word, value in words.items()
                ],
            )
        self._connection.execute(delete(chain_reads).where(_of(chain_reads, place)))
        self._connection.execute(
            insert(chain_reads).values(
                **key, height=height, read_at=to_text(now), revision=revision
            )
        )

    def revision(self, registry: RegistryId, authority: AuthorityId) -> int:
        """How often the words of an authority changed; 0 if they never were read."""
        found: int | None = self._connection.execute(
            select(func.max(chain_reads.c.revision)).where(_both(chain_reads, registry, authority))
        ).scalar_one()
        return found or 0

    def changed(
        self, registry: RegistryId, authority: AuthorityId, revision: int
    ) -> frozenset[StatusIndex]:
        """The first index of each word that changed after a revision."""
        rows = self._connection.execute(
            select(chain_words.c.word).where(
                _both(chain_words, registry, authority) & (chain_words.c.revision > revision)
            )
        )
        return frozenset(StatusIndex(row[0] * LICENCES_IN_WORD) for row in rows)

    def statuses(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> dict[StatusIndex, StatusWord]:
        """The most negative status of each index over all contracts; NONE is not named."""
        rows = self._connection.execute(
            select(chain_words.c.word, chain_words.c.value).where(
                _both(chain_words, registry, authority)
                & chain_words.c.word.between(
                    span.start // LICENCES_IN_WORD, (span.stop - 1) // LICENCES_IN_WORD
                )
            )
        )
        found = worst([(row[0], int.from_bytes(row[1], "big")) for row in rows])
        return {index: word for index, word in found.items() if index in span}

    def extent(self, registry: RegistryId, authority: AuthorityId) -> int:
        """The first index after the last one of which the chain says anything."""
        row = self._connection.execute(
            select(chain_words.c.word, chain_words.c.value)
            .where(_both(chain_words, registry, authority))
            .order_by(chain_words.c.word.desc())
            .limit(1)
        ).one_or_none()
        return 0 if row is None else max(row[0] * LICENCES_IN_WORD + 1, _last(row[0], row[1]) + 1)


def _last(word: int, value: bytes) -> int:
    return max(worst([(word, int.from_bytes(value, "big"))]), default=0)


def _both(table: Table, registry: RegistryId, authority: AuthorityId) -> ColumnElement[bool]:
    return (table.c.registry == registry) & (table.c.authority == authority)


def _of(table: Table, place: Place) -> ColumnElement[bool]:
    return (
        _both(table, place.registry, place.authority)
        & (table.c.chain_id == place.chain_id)
        & (table.c.contract == place.contract)
    )
