"""The folder of a witness that somebody runs: key, logs, memory. It needs nothing else of anzheng.

witness.json    name, guard folder, and the logs that are witnessed
witness.pem     its key, encrypted with the password
memory.json     what it saw last of each log (`witnesses`)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from anchor.public_log import PublicLog
from anchor.witness import Witness
from anzheng import keyfiles
from anzheng.files import write_durably
from anzheng.keyfiles import Key, KeyKind
from anzheng.locking import alone
from anzheng.public_http import open_public_log
from anzheng.witnesses import MEMORY, FileWitnessStore
from licence.errors import AnzhengError, Code
from licence.formats import canonical, verifier_key
from licence.formats import checkpoint as checkpoints
from licence.formats.canonical import JsonValue
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.fields import Fields
from licence.ports import Clock

CONFIG: Final = "witness.json"
KEY: Final = "witness.pem"
LOCK: Final = "serving.lock"
SCHEMA: Final = "anzheng-witness/v1"
MAX_BYTES: Final = 1024 * 1024
MAX_LOGS: Final = 1_000
MAX_PLACE_CHARS: Final = 1_000


@dataclass(frozen=True, slots=True)
class WitnessedLog:
    """A log that is witnessed.

    Attributes:
        origin: First line of its checkpoints.
        key: Its pinned key.
        public: Folder or URL where it is published; the witness looks there, when it begins,
            for cosignatures of its own that it does not remember.
    """

    origin: str
    key: LogKey
    public: str | None = None


@dataclass(frozen=True, slots=True)
class WitnessConfig:
    """What stands in `witness.json`."""

    name: str
    guard: str | None = None
    logs: tuple[WitnessedLog, ...] = ()


@dataclass(frozen=True, slots=True)
class WitnessHome:
    """The folder of a witness.

    Args:
        folder: Where it is.
        password: Opens its key.
    """

    folder: Path
    password: bytes

    def begin(self, name: str, guard: str | None = None) -> WitnessKey:
        """Make key, memory and settings of a new witness.

        Raises:
            AnzhengError: CONFLICT, when there is a witness already; CHECKPOINT_SYNTAX, for a name
                that no witness can have; KEY_LOCKED without a password.
        """
        if (self.folder / CONFIG).exists():
            raise AnzhengError(Code.CONFLICT, f"{self.folder} has a witness already")
        key = keyfiles.generate(KeyKind.ED25519)
        public = WitnessKey(name, key.public_raw)
        # A name with which no key can be written down.
        verifier_key.read_witness_key(verifier_key.encode_witness_key(public))
        keyfiles.save(key, self.folder / KEY, self.password)
        self._store(guard).begin()
        self._save(WitnessConfig(name, guard))
        return public

    def config(self) -> WitnessConfig:
        """Read the settings.

        Raises:
            AnzhengError: NOT_FOUND, SETTINGS_INVALID.
        """
        place = self.folder / CONFIG
        if not place.is_file():
            raise AnzhengError(Code.NOT_FOUND, f"no witness in {self.folder}: run witness init")
        value = canonical.loads(place.read_bytes(), max_bytes=MAX_BYTES)
        fields = Fields(value, where="witness", code=Code.SETTINGS_INVALID)
        fields.constant("schema", SCHEMA, code=Code.SETTINGS_INVALID)
        config = WitnessConfig(
            name=fields.text("name"),
            guard=_optional_place(fields, "guard"),
            logs=fields.objects("logs", _read_log, max_items=MAX_LOGS),
        )
        fields.end()
        return config

    def add_log(self, text: str, public: str | None = None, origin: str | None = None) -> str:
        """Witness one more log from now on, or learn where a known one is published.

        Args:
            text: Its verifier key.
            public: Folder or URL where it is published.
            origin: Its origin, where that is not the name of the key.

        Raises:
            AnzhengError: CHECKPOINT_SYNTAX; CONFLICT, when the origin has another key.
        """
        key = verifier_key.read_log_key(text)
        config = self.config()
        new = WitnessedLog(origin or key.name, key, public)
        for known in config.logs:
            if known.origin == new.origin and known.key != key:
                raise AnzhengError(Code.CONFLICT, f"{new.origin} is witnessed with another key")
        others = tuple(one for one in config.logs if one.origin != new.origin)
        logs = sorted((*others, new), key=lambda one: one.origin)
        self._save(replace(config, logs=tuple(logs)))
        return new.origin

    def key(self) -> Key:
        """Open its key."""
        return keyfiles.open_key_file(self.folder / KEY, self.password)

    def store(self) -> FileWitnessStore:
        """Open its memory.

        Raises:
            AnzhengError: WITNESS_MEMORY, when there is none.
        """
        if not (self.folder / MEMORY).is_file():
            raise AnzhengError(Code.WITNESS_MEMORY, "the memory is missing; nothing is signed")
        return self._store(self.config().guard)

    @contextmanager
    def opened(self, clock: Clock) -> Iterator[Witness]:
        """Open the witness, alone, and compare its memory with what it signed for all to see.

        Raises:
            AnzhengError: CONFLICT, when another process serves it; WITNESS_MEMORY.
        """
        config, key = self.config(), self.key()
        with alone(self.folder / LOCK, "serves this witness"):
            store = self.store()
            store.all()
            witness = Witness(
                WitnessKey(config.name, key.public_raw),
                key.sign,
                [(one.origin, one.key) for one in config.logs],
                store,
                clock,
            )
            for one in config.logs:
                if one.public is not None:
                    _check_public(witness, store, one, open_public_log(one.public))
            yield witness

    def _store(self, guard: str | None) -> FileWitnessStore:
        return FileWitnessStore(self.folder, None if guard is None else Path(guard))

    def _save(self, config: WitnessConfig) -> None:
        logs: list[JsonValue] = [_log_value(one) for one in config.logs]
        value: dict[str, JsonValue] = {"schema": SCHEMA, "name": config.name, "logs": logs}
        if config.guard is not None:
            value["guard"] = config.guard
        write_durably(self.folder / CONFIG, canonical.dumps(value))


def _check_public(
    witness: Witness, store: FileWitnessStore, one: WitnessedLog, public: PublicLog
) -> None:
    """Look for a cosignature of our own; a server that is away has none to show."""
    try:
        note = public.checkpoint(one.origin)
    except AnzhengError as error:
        if error.code is not Code.NOT_CHECKED:
            raise
        return
    if note is not None:
        said, lines = checkpoints.read_question(note)
        witness.check_memory(said, lines, store.seen(one.origin))


def _log_value(one: WitnessedLog) -> JsonValue:
    key = verifier_key.encode_log_key(one.key)
    value: dict[str, JsonValue] = {"origin": one.origin, "key": key}
    if one.public is not None:
        value["public"] = one.public
    return value


def _read_log(fields: Fields) -> WitnessedLog:
    return WitnessedLog(
        fields.text("origin"),
        verifier_key.read_log_key(fields.text("key")),
        _optional_place(fields, "public"),
    )


def _optional_place(fields: Fields, key: str) -> str | None:
    return fields.optional(key, lambda name: fields.text(name, max_chars=MAX_PLACE_CHARS))
