"""Job bookmarks: which files or rows a job has read, for each transformation context.

Follows the pages "Tracking processed data using job bookmarks" and "Using job bookmarks" of the AWS Glue Developer
Guide.

The service passes the path of one JSON file per job in the environment. The file has the form of a JobBookmarkEntry:
GetJobBookmark returns it and ResetJobBookmark deletes it. Its `JobBookmark` is a JSON text with the state of each
context. A folder beside it keeps the state of each run, so that ResetJobBookmark can return to any of them.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awsglue.errors import GlueDataError, unsupported

FILE_VARIABLE = "LOCALSTACK_GLUE_BOOKMARK_FILE"
OPTION = "job-bookmark-option"
ENABLE, DISABLE, PAUSE = "job-bookmark-enable", "job-bookmark-disable", "job-bookmark-pause"
# S3 lists by name and not by time: the most recent files are remembered one by one (Glue's `maxBand`)
BAND_MS = 900_000


@dataclass(frozen=True)
class SourceFile:
    """A file of a listing."""

    path: str
    modified_ms: int
    size: int = 0


@dataclass(frozen=True)
class ContextState:
    """What has been read of one source: everything up to a time, and the listed files shortly before it."""

    read_up_to_ms: int = 0
    recent: Mapping[str, int] = field(default_factory=dict)

    def is_new(self, file: SourceFile) -> bool:
        """Whether a file has not been read, or has been rewritten since."""
        if file.modified_ms > self.read_up_to_ms:
            return True
        in_band = file.modified_ms >= self.read_up_to_ms - BAND_MS
        return in_band and self.recent.get(file.path) != file.modified_ms

    def after(self, files: Iterable[SourceFile]) -> "ContextState":
        """The state after these files have been read."""
        seen = {**self.recent, **{file.path: file.modified_ms for file in files}}
        latest = max([self.read_up_to_ms, *seen.values()])
        recent = {path: modified for path, modified in seen.items() if modified >= latest - BAND_MS}
        return ContextState(latest, recent)


@dataclass(frozen=True)
class KeyState:
    """How far a source of rows has been read: the last key, with the value of each column as text."""

    columns: tuple[str, ...]
    values: tuple[str, ...]


class Bookmark:
    """The bookmark of one run. Reads use the state at its start; commit writes the new state."""

    def __init__(self, job_name: str, option: str, file: Path | None, run_id: str = "") -> None:
        if option not in {ENABLE, DISABLE, PAUSE}:
            raise ValueError(f"--{OPTION} must be {ENABLE}, {DISABLE} or {PAUSE}, not {option}")
        if option != DISABLE and file is None:
            unsupported(f"--{OPTION} {option} outside the service", f"name a file in {FILE_VARIABLE}")
        self._job_name = job_name
        self._option = option
        self._file = file
        self._run_id = run_id
        self._entry: dict[str, Any] = _read(file) if file and option != DISABLE else {}
        self._states, self._keys = _states(self._entry)
        self._reads: dict[str, list[SourceFile]] = {}
        self._reached: dict[str, KeyState] = {}

    @classmethod
    def from_arguments(cls, job_name: str, arguments: Mapping[str, str]) -> "Bookmark":
        """Read the bookmark that the service passes."""
        job_arguments = {key.replace("_", "-"): value for key, value in arguments.items()}
        for name in ("job-bookmark-from", "job-bookmark-to"):
            if job_arguments.get(name):
                unsupported(f"--{name}")
        file = os.environ.get(FILE_VARIABLE)
        run_id = arguments.get("JOB_RUN_ID", "")
        return cls(job_name, job_arguments.get(OPTION) or DISABLE, Path(file) if file else None, run_id)

    def tracks(self, context: str) -> bool:
        """Whether a source with this context reads only new data."""
        return self._option != DISABLE and context != ""

    def new_files(
        self,
        context: str,
        files: Iterable[SourceFile],
        chosen: Callable[[list[SourceFile]], list[SourceFile]] = list,
    ) -> list[SourceFile]:
        """Select the unread files, reduced by `chosen`, and record them as read."""
        state = self._states.get(context, ContextState())
        new = chosen([file for file in files if state.is_new(file)])
        self._reads.setdefault(context, []).extend(new)
        return new

    def last_keys(self, context: str, columns: Sequence[str]) -> tuple[str, ...] | None:
        """The last values of these columns that committed runs have read; None if there are none.

        Raises:
            GlueDataError: the bookmark is over other columns.
        """
        state = self._keys.get(context)
        if state is not None and state.columns != tuple(columns):
            raise GlueDataError(
                f"the bookmark of {context} has the keys {', '.join(state.columns)}, not {', '.join(columns)}; "
                "reset it, or set another transformation_ctx for the source"
            )
        return None if state is None else state.values

    def note_keys(self, context: str, columns: Sequence[str], values: Sequence[str]) -> None:
        """Record the last values that this run reads."""
        self._reached[context] = KeyState(tuple(columns), tuple(values))

    def commit(self) -> None:
        """Save what was read. With `job-bookmark-pause` nothing changes."""
        if self._option != ENABLE or self._file is None:
            return
        for context, files in self._reads.items():
            self._states[context] = self._states.get(context, ContextState()).after(files)
        self._reads.clear()
        self._keys |= self._reached
        self._reached.clear()
        previous = self._entry
        self._entry = {
            "JobName": self._job_name,
            "Version": int(previous.get("Version", 0)) + 1,
            "Run": int(previous.get("Run", 0)) + 1,
            "Attempt": 0,
            "PreviousRunId": previous.get("RunId", ""),
            "RunId": self._run_id,
            "JobBookmark": json.dumps(_stored(self._states, self._keys)),
        }
        _write(self._file, self._entry)
        if self._run_id:
            _write(self._file.with_suffix(".runs") / f"{self._run_id}.json", self._entry)


def _read(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    entry: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return entry


def _states(entry: Mapping[str, Any]) -> tuple[dict[str, ContextState], dict[str, KeyState]]:
    stored = json.loads(entry.get("JobBookmark") or "{}")
    files = {name: each for name, each in stored.items() if "keys" not in each}
    rows = {name: each["keys"] for name, each in stored.items() if "keys" in each}
    return (
        {name: ContextState(each["read_up_to_ms"], each["recent"]) for name, each in files.items()},
        {name: KeyState(tuple(each), tuple(each.values())) for name, each in rows.items()},
    )


def _stored(files: Mapping[str, ContextState], rows: Mapping[str, KeyState]) -> dict[str, Any]:
    of_files = {
        name: {"read_up_to_ms": each.read_up_to_ms, "recent": dict(each.recent)} for name, each in files.items()
    }
    of_rows = {name: {"keys": dict(zip(each.columns, each.values, strict=True))} for name, each in rows.items()}
    return {**of_files, **of_rows}


def _write(file: Path, entry: Mapping[str, Any]) -> None:
    """Replace the file atomically: a killed run leaves the old state."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.write_text(json.dumps(entry), encoding="utf-8")
    new.replace(file)
