"""What this library raises by itself."""

from collections.abc import Callable, Iterable
from typing import Any, NoReturn


class GlueArgumentError(Exception):
    """A job argument is missing or has no value."""


class GlueDataError(Exception):
    """The data or its schema does not allow what the script asks."""


class GlueUnsupportedError(NotImplementedError):
    """AWS Glue has it and this library has not; the message names it."""


def unsupported(what: str, instead: str = "") -> NoReturn:
    """Refuse something by its name."""
    hint = f"; {instead}" if instead else ""
    raise GlueUnsupportedError(f"glue-local's awsglue does not support {what}{hint}")


def refused(what: str, instead: str = "") -> Callable[..., Any]:
    """Make a method that only refuses."""

    def refuse(*_: Any, **__: Any) -> Any:
        unsupported(what, instead)

    refuse.__doc__ = f"Not supported: raises GlueUnsupportedError naming {what}."
    return refuse


def check_options(kind: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse options that would otherwise have no effect without a word."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        unsupported(f"{kind} {', '.join(unknown)}")
