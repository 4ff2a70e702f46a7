"""What only PostgreSQL can get wrong: isolation, one writer at a time, rights, migrations."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from anzheng.store.tables import metadata
from licence.errors import Code
from licence.ids import AuthorityId, RegistryId
from tests.fakes.clock import FakeClock
from tests.fakes.postgresql import MIGRATED, READER, Server
from tests.fakes.refusal import refuses

pytestmark = pytest.mark.tools("pg_createcluster")
REGISTRY, AUTHORITY = RegistryId("r-test"), AuthorityId("1121000000TXT10121")
WAIT_SECONDS = 60


def test_migrations_lead_to_the_tables(url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_processes_that_start_together_migrate_once(server: Server) -> None:
    fresh = server.make("fresh")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [fresh] * 4))
    store = Store(fresh)
    with store.read() as unit:
        assert unit.licences.counts() == {}
    store.close()


def test_many_writers_give_each_index_once(url: str) -> None:
    stores = [Store(url) for _ in range(4)]

    def take(store: Store) -> list[int]:
        found: list[int] = []
        for _ in range(25):
            with store.write() as unit:
                found.append(unit.licences.allocate_index(REGISTRY, AUTHORITY))
        return found

    with ThreadPoolExecutor(len(stores)) as pool:
        taken = [index for found in pool.map(take, stores) for index in found]
    assert sorted(taken) == list(range(100))
    for store in stores:
        store.close()


def test_a_job_is_leased_by_one_of_many(url: str, clock: FakeClock) -> None:
    store = Store(url)
    with store.write() as unit:
        for number in range(20):
            unit.outbox.add("topic", str(number), clock.now())

    def lease(owner: str) -> list[str]:
        mine = Store(url)
        found: list[str] = []
        while True:
            with mine.write() as unit:
                job = unit.outbox.lease(owner, clock.now(), 60)
            if job is None:
                mine.close()
                return found
            found.append(job.key)

    with ThreadPoolExecutor(4) as pool:
        leased = [key for keys in pool.map(lease, "abcd") for key in keys]
    assert sorted(leased, key=int) == [str(number) for number in range(20)]
    store.close()


def test_a_reader_sees_one_moment(store: Store, url: str) -> None:
    writer = Store(url)
    with store.read() as unit:
        before = unit.licences.index_count(REGISTRY, AUTHORITY)
        with writer.write() as other:
            other.licences.allocate_index(REGISTRY, AUTHORITY)
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == before
    with store.read() as unit:
        assert unit.licences.index_count(REGISTRY, AUTHORITY) == before + 1
    writer.close()


def test_a_writer_sees_what_the_one_before_it_committed(store: Store, url: str) -> None:
    other, asked = Store(url), threading.Event()
    found: list[int] = []

    def second() -> None:
        asked.set()
        with other.write() as unit:
            found.append(unit.licences.index_count(REGISTRY, AUTHORITY))

    thread = threading.Thread(target=second)
    with store.write() as unit:
        thread.start()
        asked.wait(WAIT_SECONDS)
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
        assert found == []
    thread.join(WAIT_SECONDS)
    assert found == [1]
    other.close()


def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with refuses(Code.STORE_FAILED), store.read() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    with store.write() as unit:
        assert unit.licences.allocate_index(REGISTRY, AUTHORITY) == 0


def test_the_reader_has_no_right_to_change_anything(server: Server, store: Store) -> None:
    with store.write() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    for read_only in (True, False):
        reader = Store(server.url(MIGRATED, READER), read_only=read_only)
        with refuses(Code.STORE_FAILED), reader.write() as unit:
            unit.licences.allocate_index(REGISTRY, AUTHORITY)
        with reader.read() as unit:
            assert unit.licences.index_count(REGISTRY, AUTHORITY) == 1
        reader.close()


def test_a_server_that_is_away_is_an_error_of_ours() -> None:
    store = Store("postgresql+psycopg://anzheng@127.0.0.1:9/anzheng")
    with refuses(Code.STORE_FAILED), store.read() as unit:
        unit.licences.counts()
    store.close()


def test_a_writer_whose_connection_is_lost_holds_up_nobody(server: Server, url: str) -> None:
    lost, next_one = Store(url), Store(url)
    with refuses(Code.STORE_FAILED), lost.write() as unit:
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
        with server.connect(MIGRATED) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            )
        unit.licences.allocate_index(REGISTRY, AUTHORITY)
    with next_one.write() as unit:
        assert unit.licences.allocate_index(REGISTRY, AUTHORITY) == 0
    # A pool that has a dead connection notices before it hands it out.
    with lost.write() as unit:
        assert unit.licences.allocate_index(REGISTRY, AUTHORITY) == 1
    lost.close()
    next_one.close()
