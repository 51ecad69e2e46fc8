"""What nobody foresaw: one line on the terminal, and a file with all that mends it."""

from __future__ import annotations

import os
import platform
import re
import shlex
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


def as_unexpected(error: BaseException, arguments: list[str]) -> UnexpectedError:
    """The error for the terminal; all about it is in a file that only its owner can read."""
    told = without_passwords(" ".join(str(error).split()))
    told = told if len(told) <= _LONGEST else f"{told[:_LONGEST]}..."
    what = f"{type(error).__name__}: {told}" if told else type(error).__name__
    try:
        log = _write_log(error, arguments)
    except OSError as failure:
        return UnexpectedError(
            f"Quartal met what it did not foresee: {what}.",
            remedy=f"Its log could not be written either ({failure.strerror or failure}): set QUARTAL_STATE_DIR to a "
            "folder that can be, and type the command again.",
        )
    return UnexpectedError(
        f"Quartal met what it did not foresee: {what}.",
        remedy=f"Type the command again; if it is met again, report it with {log}, which has the particulars.",
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
    """The project's own folder for this; a new one among the temporary files where the command is about no project."""
    try:
        return Settings.from_env(os.environ).state_dir / "unexpected"
    except (ConfigurationError, OSError, ValueError):
        state = os.environ.get("QUARTAL_STATE_DIR")
        return Path(state, "unexpected") if state else Path(tempfile.mkdtemp(prefix="quartal-"))
