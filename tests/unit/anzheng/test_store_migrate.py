"""Migrations and tables say the same, and migrating is safe to repeat."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from anzheng.store.tables import metadata
from licence.errors import AnzhengError, Code


def test_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    migrate(url)
    migrate(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(AnzhengError) as caught:
        migrate(url)
    assert caught.value.code is Code.STORE_FAILED


def test_database_errors_are_ours(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(AnzhengError) as caught, store.read() as unit:
        unit.licences.counts()
    assert caught.value.code is Code.STORE_FAILED
    store.close()
