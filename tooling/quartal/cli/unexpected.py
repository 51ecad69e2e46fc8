"""An unexpected error: one line on the terminal, and a file with what is needed to fix it."""

from __future__ import annotations

import errno
import os
import platform
import re
import shlex
import shutil
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from quartal import __version__
from quartal.core.errors import ConfigurationError, UnexpectedError
from quartal.core.passwords import without_passwords
from quartal.core.settings import Settings
from quartal.core.visible import visible

_SECRET_OPTION = re.compile(r"(--?[\w-]*(?:password|secret|token|credential)[\w-]*)(=|$)", re.IGNORECASE)
_LONGEST = 300
# what the operating system says of a disk or a right, in any command and of any file
_OF_STORAGE = frozenset(
    getattr(errno, name, None)  # Windows has not all
    for name in ("EACCES", "EDQUOT", "EFBIG", "EIO", "ELOOP", "ENAMETOOLONG", "ENOSPC", "ENOTDIR", "EPERM", "EROFS")
) - {None}
_OF_NAMES = frozenset({errno.ELOOP, errno.ENAMETOOLONG})
# Python's own, of a path before the operating system sees it (up to 3.12, and for a file that is to be opened)
_LOOP = re.compile("Symlink loop from '(.*)'")
_ERRNO = re.compile(r"\[Errno (\d+)\]")


def as_storage_error(error: BaseException) -> ConfigurationError | None:
    """The error of a full disk, a read-only folder, a missing right or a path to nowhere; None for any other."""
    if isinstance(error, RuntimeError) and (loop := _LOOP.search(str(error))):
        error = OSError(errno.ELOOP, os.strerror(errno.ELOOP), loop[1])
    if not isinstance(error, OSError):
        return None
    number, name = error.errno, error.filename2 or error.filename
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):  # of several files
        _, name, reason = error.args[0][0]
        found = _ERRNO.search(str(reason))
        number = int(found[1]) if found else None
    if number is None or number not in _OF_STORAGE:
        return None
    return ConfigurationError(
        f"{visible(os.fsdecode(name)) if name else 'A file'} cannot be used: {os.strerror(number)}.",
        remedy="Name another file or folder."
        if number in _OF_NAMES
        else "Free some space, or get permission to write there; QUARTAL_STATE_DIR and TMPDIR name other folders. Then "
        "run the command again: it continues with what is left.",
    )


def as_unexpected(error: BaseException, arguments: list[str]) -> UnexpectedError:
    """The error for the terminal; the details go to a file that only its owner can read."""
    reason = without_passwords(" ".join(str(error).split()))
    reason = reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}..."
    what = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    try:
        log = _write_log(error, arguments)
    except OSError as failure:
        return UnexpectedError(
            f"Quartal failed with an unexpected error: {what}.",
            remedy=f"The log of the error could not be written either ({failure.strerror or failure}). Set "
            "QUARTAL_STATE_DIR to a writable folder and run the command again.",
        )
    return UnexpectedError(
        f"Quartal failed with an unexpected error: {what}.",
        remedy=f"Run the command again. If the error recurs, report it with {log}, which has the details.",
    )


def command_without_secrets(arguments: list[str]) -> str:
    """The command line as it could be typed, with passwords as `***`."""
    shown, is_secret = ["quartal"], False
    for argument in arguments:
        option = _SECRET_OPTION.match(argument)
        if is_secret and not argument.startswith("--"):
            shown.append("***")
        elif option and option[2]:
            shown.append(f"{option[1]}=***")
        else:
            shown.append(shlex.quote(without_passwords(argument)))
        is_secret = bool(option and not option[2])
    return visible(" ".join(shown))


def _write_log(error: BaseException, arguments: list[str]) -> Path:
    now = datetime.now(UTC)
    lines = (
        f"{now:%Y-%m-%d %H:%M:%S} UTC",
        f"command: {command_without_secrets(arguments)}",
        f"quartal {__version__}, Python {platform.python_version()}, {platform.platform()}",
        "",
        without_passwords("".join(traceback.format_exception(error))),
    )
    text = "\n".join(lines).encode("utf-8", "backslashreplace")
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%S}-{os.getpid()}.log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    return path


def _folder() -> Path:
    """The project's folder for these logs; outside a project, a new temporary folder."""
    try:
        return Settings.from_env(os.environ).state_dir / "unexpected"
    except (ConfigurationError, OSError, ValueError):
        state = os.environ.get("QUARTAL_STATE_DIR")
        return Path(state, "unexpected") if state else Path(tempfile.mkdtemp(prefix="quartal-"))
