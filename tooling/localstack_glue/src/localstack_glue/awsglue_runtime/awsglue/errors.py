"""The errors of this library."""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn


class GlueArgumentError(Exception):
    """A job argument is missing or has no value."""


class GlueDataError(Exception):
    """The data or its schema do not allow an operation of the script."""


class GlueUnsupportedError(NotImplementedError):
    """A feature of AWS Glue that this library does not support. The message names it."""


def unsupported(what: str, instead: str = "") -> NoReturn:
    """Refuse an unsupported feature, and name the alternative.

    Raises:
        GlueUnsupportedError: always.
    """
    hint = f"; {instead}" if instead else ""
    raise GlueUnsupportedError(f"glue-local's awsglue does not support {what}{hint}")


def refused(what: str, instead: str = "") -> Callable[..., Any]:
    """Make a method that always raises GlueUnsupportedError."""

    def refuse(*_: Any, **__: Any) -> Any:
        unsupported(what, instead)

    refuse.__doc__ = f"Not supported: raises GlueUnsupportedError naming {what}."
    return refuse


def check_options(kind: str, passed: Iterable[str], known: Iterable[str]) -> None:
    """Refuse unknown options, which would otherwise be ignored silently.

    Raises:
        GlueUnsupportedError: an option is not known.
    """
    unknown = sorted(set(passed) - set(known))
    if unknown:
        unsupported(f"{kind} {', '.join(unknown)}")
