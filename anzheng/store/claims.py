"""One-time claim codes (as digests only) and the holder certificates given for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from anzheng.store.tables import claims, holder_certificates
from anzheng.store.times import from_text, to_text
from licence.ids import AuthorityId, Digest, Leaf, RegistryId, StatusIndex


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A claim code that was handed out."""

    code_sha256: Digest
    leaf: Leaf
    expires_at: datetime
    used_at: datetime | None
    request_sha256: Digest | None
    certificate: bytes | None


@dataclass(frozen=True, slots=True)
class HolderCertificate:
    """A certificate given to a holder; `leaf` is its own, `licence_leaf` that of the licence."""

    leaf: Leaf
    licence_leaf: Leaf
    registry: RegistryId
    authority: AuthorityId
    status_index: StatusIndex
    certificate: bytes
    batch_id: str | None
    batch_place: int | None
    updated_at: datetime


_HOLDER_COLUMNS = tuple(
    holder_certificates.c[name] for name in HolderCertificate.__dataclass_fields__
)


class Claims:
    """Repository of claim codes and holder certificates."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, code_sha256: Digest, leaf: Leaf, now: datetime, expires_at: datetime) -> None:
        """Keep the digest of a new code."""
        self._connection.execute(
            insert(claims).values(
                code_sha256=code_sha256,
                leaf=leaf,
                created_at=to_text(now),
                expires_at=to_text(expires_at),
            )
        )

    def get(self, code_sha256: Digest) -> StoredClaim | None:
        """Find a code by its digest."""
        row = self._connection.execute(
            select(
                claims.c.code_sha256,
                claims.c.leaf,
                claims.c.expires_at,
                claims.c.used_at,
                claims.c.request_sha256,
                claims.c.certificate,
            ).where(claims.c.code_sha256 == code_sha256)
        ).one_or_none()
        if row is None:
            return None
        used = None if row.used_at is None else from_text(row.used_at)
        return StoredClaim(
            row.code_sha256,
            Leaf(row.leaf),
            from_text(row.expires_at),
            used,
            row.request_sha256,
            row.certificate,
        )

    def use(self, code_sha256: Digest, request: Digest, certificate: bytes, now: datetime) -> None:
        """Mark a code as used by one request, with the certificate that it brought."""
        self._connection.execute(
            update(claims)
            .where((claims.c.code_sha256 == code_sha256) & claims.c.used_at.is_(None))
            .values(used_at=to_text(now), request_sha256=request, certificate=certificate)
        )

    def add_certificate(self, new: HolderCertificate) -> None:
        """Keep a holder certificate."""
        values = {name: getattr(new, name) for name in HolderCertificate.__dataclass_fields__}
        values["updated_at"] = to_text(new.updated_at)
        self._connection.execute(insert(holder_certificates).values(**values))

    def unanchored(self, authority: AuthorityId) -> tuple[HolderCertificate, ...]:
        """Certificates of an authority that wait for an anchor batch."""
        return self._many(
            (holder_certificates.c.authority == authority)
            & holder_certificates.c.batch_id.is_(None)
        )

    def in_batch(self, batch_id: str) -> tuple[HolderCertificate, ...]:
        """Certificates of one anchor batch by their place in the tree."""
        return self._many(holder_certificates.c.batch_id == batch_id)

    def by_leaf(self, leaf: Leaf) -> HolderCertificate | None:
        """Find a certificate by its leaf."""
        found = self._many(holder_certificates.c.leaf == leaf)
        return found[0] if found else None

    def of_licence(self, licence_leaf: Leaf) -> tuple[HolderCertificate, ...]:
        """Certificates of one licence, oldest first; only the last one is open."""
        return self._many(
            holder_certificates.c.licence_leaf == licence_leaf,
            holder_certificates.c.status_index,
        )

    def replaced(
        self, registry: RegistryId, authority: AuthorityId, span: range
    ) -> tuple[tuple[HolderCertificate, HolderCertificate], ...]:
        """Certificates with these indexes that another took the place of, each with that other."""
        leaves = self._connection.execute(_replaced(registry, authority, span)).scalars()
        return tuple(self._pair(Leaf(leaf)) for leaf in leaves.all())

    def count_replaced(self, registry: RegistryId, authority: AuthorityId, span: range) -> int:
        """How many certificates with these indexes another took the place of."""
        found = _replaced(registry, authority, span).subquery()
        return self._connection.execute(select(func.count()).select_from(found)).scalar_one()

    def _pair(self, leaf: Leaf) -> tuple[HolderCertificate, HolderCertificate]:
        (old,) = self._many(holder_certificates.c.leaf == leaf)
        several = self.of_licence(old.licence_leaf)
        return old, next(each for each in several if each.status_index > old.status_index)

    def set_batch(self, leaf: Leaf, batch_id: str, place: int) -> None:
        """Note the anchor batch of a certificate."""
        self._connection.execute(
            update(holder_certificates)
            .where(holder_certificates.c.leaf == leaf)
            .values(batch_id=batch_id, batch_place=place)
        )

    def leave_batch(self, batch_id: str) -> None:
        """Let the certificates of a batch that is never sent wait for another one."""
        self._connection.execute(
            update(holder_certificates)
            .where(holder_certificates.c.batch_id == batch_id)
            .values(batch_id=None, batch_place=None)
        )

    def _many(self, where: Any, *order: Any) -> tuple[HolderCertificate, ...]:  # noqa: ANN401 - SQL expressions
        rows = self._connection.execute(
            select(*_HOLDER_COLUMNS)
            .where(where)
            .order_by(*(order or (holder_certificates.c.batch_place,)))
        )
        return tuple(_certificate(row) for row in rows)


def _replaced(registry: RegistryId, authority: AuthorityId, span: range) -> Select[Any]:
    """Return the query for the leaves of certificates that another took the place of."""
    old, newer = holder_certificates, holder_certificates.alias()
    return (
        select(old.c.leaf)
        .distinct()
        .join_from(
            old,
            newer,
            (newer.c.licence_leaf == old.c.licence_leaf)
            & (newer.c.status_index > old.c.status_index),
        )
        .where(
            (old.c.registry == registry)
            & (old.c.authority == authority)
            & old.c.status_index.between(span.start, span.stop - 1)
        )
    )


def _certificate(row: Row[Any]) -> HolderCertificate:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a mapping
    values["updated_at"] = from_text(values["updated_at"])
    return HolderCertificate(**values)
