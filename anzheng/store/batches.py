"""Placeholder until anchor.ports lands."""

from sqlalchemy import Connection


class Batches:
    """Repository of anchor batches."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
