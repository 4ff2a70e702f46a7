"""PKCS#11 modules of this process: loaded once, each token logged in once.

A login belongs to process and token, not to a session (PKCS#11, 5.6): each token is logged in by a
session that does nothing else, and every key has a session of its own beside it. So keys of several
tokens with several PINs work at once, and closing one key logs nobody out.

Standard: OASIS PKCS#11 3.0. The one place that imports python-pkcs11, and only when it is needed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Condition, Lock, RLock
from typing import Any

from licence.errors import AnzhengError, Code
from signer.keys.pkcs11_uri import Pkcs11Uri


class Module:
    """One PKCS#11 module in this process, and who is logged in through it."""

    def __init__(self, path: str) -> None:
        self._api = load_api()
        self._restarting = Condition()
        self._users = 0
        self.generation = 0
        """Counts the beginnings: handles of an older one may be another key's by now."""
        self._stale = False
        self._logins: dict[str, Any] = {}
        self.refused: set[str] = set()
        self.lock = RLock()
        try:
            self._library = self._api.lib(path)
        except (self._api.PKCS11Error, OSError) as error:
            raise AnzhengError(Code.KEY_URI, "the PKCS#11 module cannot be loaded") from error

    def session(self, uri: Pkcs11Uri, pin: Callable[[], bytes], *, write: bool = False) -> Any:  # noqa: ANN401 - the library has no types
        """Return a new session with the token of a key, logged in."""
        with self.lock:
            if self._stale:
                self._library.reinitialize()
                self._stale = False
            token = self._library.get_token(
                **{
                    name: value
                    for name, value in (("token_label", uri.token), ("token_serial", uri.serial))
                    if value
                }
            )
            if uri.store not in self._logins:
                self._log_in(uri.store, token, pin)
            return token.open(rw=write)

    def log_out(self, store: str) -> None:
        """Forget a login that is of no use any more; the next session logs in again."""
        with self.lock:
            login = self._logins.pop(store, None)
            if login is not None:
                with suppress(self._api.PKCS11Error):
                    login.close()

    @contextmanager
    def using(self) -> Iterator[None]:
        """Keep the module from being restarted while it works."""
        with self._restarting:
            self._users += 1
        try:
            yield
        finally:
            with self._restarting:
                self._users -= 1
                self._restarting.notify_all()

    def restart(self, seen: int) -> None:
        """Load everything anew, for a token that was away; not twice for one loss."""
        with self._restarting:
            self._restarting.wait_for(lambda: self._users == 0)
            if self.generation != seen:
                return
            with self.lock:
                self._logins.clear()
                self.generation += 1
                self._library.reinitialize()

    def _log_in(self, store: str, token: Any, pin: Callable[[], bytes]) -> None:  # noqa: ANN401
        if store in self.refused:
            raise AnzhengError(Code.KEY_LOCKED, "the PIN was refused: it is not tried again")
        try:
            self._logins[store] = token.open(user_pin=pin().decode("utf-8"))
        except self._api.exceptions.UserAlreadyLoggedIn:
            self._logins[store] = token.open()
        except (
            self._api.exceptions.PinIncorrect,
            self._api.exceptions.PinLenRange,
            self._api.exceptions.PinInvalid,
            self._api.exceptions.PinLocked,
        ) as error:
            self.refused.add(store)
            raise AnzhengError(Code.KEY_LOCKED, "the token refuses the PIN") from error

    def after_fork(self) -> None:
        """Begin anew in a child: logins are the parent's, and are never closed from here."""
        self.lock, self._restarting, self._users = RLock(), Condition(), 0
        self._logins.clear()
        self.generation += 1
        self._stale = True


_MODULES: dict[str, Module] = {}
_MODULES_LOCK = Lock()


def module_of(uri: Pkcs11Uri, default: str) -> Module:
    """Return the module of a key, loaded once in this process.

    Raises:
        AnzhengError: KEY_URI, TOOL_MISSING.
    """
    path = uri.module or default
    if not path:
        raise AnzhengError(
            Code.KEY_URI, "no PKCS#11 module: set pkcs11_module, or module-path in the URI"
        )
    with _MODULES_LOCK:
        if path not in _MODULES:
            _MODULES[path] = Module(path)
        return _MODULES[path]


def load_api() -> Any:  # noqa: ANN401 - as of a library that is imported late
    """Return python-pkcs11.

    Raises:
        AnzhengError: TOOL_MISSING.
    """
    try:
        return import_module("pkcs11")
    except ImportError as error:
        raise AnzhengError(
            Code.TOOL_MISSING, "pkcs11: keys need python-pkcs11: pip install '.[hsm]'"
        ) from error


def after_fork() -> None:
    """Begin anew in a child process."""
    global _MODULES_LOCK  # noqa: PLW0603 - a thread of the parent may have held it
    _MODULES_LOCK = Lock()
    for module in _MODULES.values():
        module.after_fork()
