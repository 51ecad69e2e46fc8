"""Keeps the service's data in a file, so that it outlives the service."""

import io
import json
import logging
import pickle
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moto.glue.models import glue_backends

from localstack_glue import __version__
from localstack_glue.service.models import GlueStore, glue_stores
from localstack_glue.service.stores import LocalAttribute

LOG = logging.getLogger(__name__)
FORMAT = 1
STATE_FILE = "glue-state.pickle"
_STAMP = b"glue-local-state "  # begins the file, followed by a line of JSON; earlier versions did not write it
SAVE_DELAY_S = 0.3
LAST_SAVE_S = 5.0
MOVED = {"localstack_glue.models": "localstack_glue.service.models"}  # modules whose classes earlier versions kept
Snapshot = dict[str, Any]


class UnreadableStateError(ValueError):
    """The state is sound, and of a version whose state this one does not read."""


class _StateUnpickler(pickle.Unpickler):
    """Reads files of earlier versions, whose classes may have moved since."""

    def find_class(self, module: str, name: str) -> Any:
        return super().find_class(MOVED.get(module, module), name)


def collect() -> Snapshot:
    """Gather all that is stored, of all accounts and regions; the caller keeps others from changing it."""
    return {
        "format": FORMAT,
        "stores": {
            (account, region): {name: getattr(store, name) for name in _members()}
            for account, regions in glue_stores.items()
            for region, store in regions.items()
        },
        "catalogs": {
            (account, region): dict(vars(backend))
            for account, regions in glue_backends.items()
            for region, backend in regions.items()
        },
    }


def restore(snapshot: Snapshot) -> None:
    """Restore stored data; members that this version does not know are left out."""
    _check_format(snapshot["format"], "an unnamed version")
    known = set(_members())
    for (account, region), members in snapshot["stores"].items():
        for name in known & set(members):
            setattr(glue_stores[account][region], name, members[name])
    for (account, region), members in snapshot["catalogs"].items():
        vars(glue_backends[account][region]).update(members)


def _check_format(found: int, written_by: str) -> None:
    if found != FORMAT:
        raise UnreadableStateError(
            f"its format is {found}, written by {written_by}; this version, glue-local {__version__}, reads format "
            f"{FORMAT}. Start that version, or name another folder: nothing was changed"
        )


def _content(file: bytes) -> Snapshot:
    """A file's content after its stamp; the stamp is checked before the rest is unpickled."""
    if file.startswith(_STAMP):
        line, _, file = file.partition(b"\n")
        stamp = json.loads(line.removeprefix(_STAMP))
        _check_format(stamp["format"], stamp["written_by"])
    snapshot: Snapshot = _StateUnpickler(io.BytesIO(file)).load()  # our own file, in the user's folder
    return snapshot


def _members() -> list[str]:
    return [name for name, value in vars(GlueStore).items() if isinstance(value, LocalAttribute)]


class StateFile:
    """A file that follows the stored data with a short delay; one thread writes it."""

    def __init__(self, folder: Path, lock: threading.RLock, gather: Callable[[], Snapshot] = collect) -> None:
        self._path = folder / STATE_FILE
        self._lock = lock
        self._gather = gather
        self._changed = threading.Event()
        self._is_closed = threading.Event()
        self._thread: threading.Thread | None = None

    def load(self) -> bool:
        """Restore the file's data, if there is a file. A broken file is set aside, not overwritten.

        Raises:
            UnreadableStateError: another version wrote it, and this one cannot read it; the file is left unchanged.
        """
        try:
            restore(_content(self._path.read_bytes()))
        except FileNotFoundError:
            return False
        except UnreadableStateError as error:
            raise UnreadableStateError(f"the state in {self._path} cannot be read: {error}") from None
        except Exception:  # the service starts in any case
            aside = self._path.with_suffix(".unreadable")
            LOG.exception("the state in %s cannot be read; it is kept as %s", self._path, aside.name)
            self._path.replace(aside)
            return False
        LOG.info("the state of %s was restored", self._path)
        return True

    def start(self) -> None:
        """Begin to follow."""
        self._thread = threading.Thread(target=self._follow, name="glue-state", daemon=True)
        self._thread.start()

    def touch(self) -> None:
        """Mark the state as possibly changed."""
        self._changed.set()

    def close(self) -> None:
        """Write once more and stop: runs that are stopped later are found as running, and so count as interrupted."""
        self._is_closed.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join(LAST_SAVE_S)

    def save(self) -> None:
        """Write now."""
        content = self._snapshot()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(self._path)

    def _snapshot(self, tries: int = 5) -> bytes:
        for _ in range(tries - 1):
            try:
                return self._pickled()
            except RuntimeError:  # moto changes its part without our lock: a dictionary grew in between
                time.sleep(0.01)
        return self._pickled()

    def _pickled(self) -> bytes:
        stamp = json.dumps({"format": FORMAT, "written_by": f"glue-local {__version__}"})
        with self._lock:
            return _STAMP + stamp.encode() + b"\n" + pickle.dumps(self._gather(), protocol=pickle.HIGHEST_PROTOCOL)

    def _follow(self) -> None:
        while not self._is_closed.is_set():
            self._changed.wait()
            if self._is_closed.wait(SAVE_DELAY_S):  # more changes may come at once
                break
            self._changed.clear()
            self._try_save()
        self._try_save()  # what changed while the one before was written

    def _try_save(self) -> None:
        try:
            self.save()
        except Exception:  # a full disk must not end the service, nor the next try
            LOG.exception("the state could not be written to %s", self._path)
