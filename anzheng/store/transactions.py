"""Chain transactions as rows; see `anchor.ports.TransactionStore`."""

import json
from dataclasses import replace

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from anchor.ports import Transaction, TxState
from anzheng.store.tables import transactions
from anzheng.store.times import from_text, to_text
from licence.errors import AnzhengError, Code
from licence.ids import Address, BlockHash

_COLUMNS = tuple(transactions.c[name] for name in Transaction.__dataclass_fields__)

ASIDE = "#"
"""Stands between the purpose of a transaction that was set aside and its number."""


def find(connection: Connection, purpose: str) -> Transaction | None:
    """Return the transaction for this purpose."""
    row = connection.execute(
        select(*_COLUMNS).where(transactions.c.purpose == purpose)
    ).one_or_none()
    if row is None:
        return None
    return Transaction(
        purpose=row.purpose,
        account=Address(row.account),
        nonce=row.nonce,
        raws=tuple(bytes.fromhex(raw) for raw in json.loads(row.raws)),
        state=TxState(row.state),
        sent_at=None if row.sent_at is None else from_text(row.sent_at),
        block_number=row.block_number,
        block_hash=None if row.block_hash is None else BlockHash(row.block_hash),
        reason=None if row.reason is None else Code(row.reason),
        revision=row.revision,
    )


def highest_nonce(connection: Connection, account: Address) -> int | None:
    """Return the highest nonce that any stored transaction of the account has."""
    highest: int | None = connection.execute(
        select(func.max(transactions.c.nonce)).where(transactions.c.account == account)
    ).scalar_one()
    return highest


def in_flight(connection: Connection, but: str) -> int:
    """Return how many transactions are neither final nor parked, but for these purposes."""
    settled = (TxState.FINAL.value, TxState.PARKED.value)
    ours = transactions.c.purpose.startswith(f"{but}:", autoescape=True)
    return connection.execute(
        select(func.count()).where(transactions.c.state.not_in(settled) & ~ours)
    ).scalar_one()


def save(connection: Connection, transaction: Transaction) -> Transaction:
    """Insert (revision 0) or replace the row of this purpose.

    Raises:
        AnzhengError: CONFLICT, for another revision, or when another purpose has the nonce.
    """
    stored = replace(transaction, revision=transaction.revision + 1)
    values = _values(stored)
    try:
        if transaction.revision == 0:
            connection.execute(insert(transactions).values(**values))
            return stored
        saved = connection.execute(
            update(transactions)
            .where(
                (transactions.c.purpose == transaction.purpose)
                & (transactions.c.revision == transaction.revision)
            )
            .values(**values)
        ).rowcount
    except IntegrityError as exc:
        raise AnzhengError(
            Code.CONFLICT, "purpose or nonce is taken", purpose=transaction.purpose
        ) from exc
    if saved != 1:
        raise AnzhengError(
            Code.CONFLICT, "the transaction was changed by another", purpose=transaction.purpose
        )
    return stored


def set_aside(connection: Connection, *prefixes: str) -> int:
    """Rename parked transactions, so that new ones are made in their place.

    They stay as a record, and keep their nonces.

    Args:
        connection: To the database.
        prefixes: How the purposes of those that are meant begin.

    Returns:
        How many there were.
    """
    mine = or_(*(transactions.c.purpose.startswith(prefix, autoescape=True) for prefix in prefixes))
    rows = connection.execute(
        select(transactions.c.purpose, transactions.c.state).where(mine)
    ).all()
    aside = sum(ASIDE in row.purpose for row in rows)
    parked = [
        row.purpose
        for row in rows
        if row.state == TxState.PARKED.value and ASIDE not in row.purpose
    ]
    for place, purpose in enumerate(parked, start=aside + 1):
        connection.execute(
            update(transactions)
            .where(transactions.c.purpose == purpose)
            .values(purpose=f"{purpose}{ASIDE}{place}")
        )
    return len(parked)


def _values(stored: Transaction) -> dict[str, object]:
    values = {name: getattr(stored, name) for name in Transaction.__dataclass_fields__}
    values["raws"] = json.dumps([raw.hex() for raw in stored.raws])
    values["state"] = stored.state.value
    values["sent_at"] = None if stored.sent_at is None else to_text(stored.sent_at)
    values["reason"] = None if stored.reason is None else stored.reason.value
    return values
