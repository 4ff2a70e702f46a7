"""A fresh database and a clock that stands still."""

from tests.fakes.database import clock, empty_database, store

__all__ = ["clock", "empty_database", "store"]
