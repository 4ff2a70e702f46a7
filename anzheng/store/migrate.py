"""Brings a database to the newest schema; safe to call at every start."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from anzheng.store.database import open_engine
from licence.errors import AnzhengError, Code

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str, revision: str = "head") -> None:
    """Run the migrations that the database at `url` has not seen.

    Raises:
        AnzhengError: STORE_FAILED when the database is newer than this program or refuses.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    engine = open_engine(url)
    try:
        with engine.execution_options(anzheng_begin="BEGIN IMMEDIATE").begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except (CommandError, SQLAlchemyError) as exc:
        raise AnzhengError(
            Code.STORE_FAILED, f"the database cannot be migrated: {type(exc).__name__}"
        ) from exc
    finally:
        engine.dispose()
