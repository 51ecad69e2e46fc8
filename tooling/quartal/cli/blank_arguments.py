"""Refuses an empty argument: a variable of the shell that is not set must not become a default."""

from __future__ import annotations

from collections.abc import Sequence

from quartal.core.errors import ConfigurationError

_HANDED_ON = (("toolchain", "exec"), ("toolchain", "python"))  # their arguments are another program's


def refuse_blank_arguments(arguments: Sequence[str]) -> None:
    """Refuse an argument or the value of an option without a visible character.

    An empty `--env` would be the environment of quartal.toml, an empty `--as-of` the newest state, an empty folder the
    current one, and an empty `--withdraw` a run of every new delivery.

    Raises:
        ConfigurationError: there is one; nothing was done.
    """
    if tuple(arguments[:2]) in _HANDED_ON:
        return
    for before, word in zip(("", *arguments), arguments, strict=False):
        option, has_value, value = word.partition("=")
        is_option = word.startswith("--") and bool(has_value)
        if (value if is_option else word).strip():
            continue
        named = option if is_option else before if before.startswith("-") else "An argument"
        raise ConfigurationError(
            f"{named} is empty. Nothing was done.",
            remedy="Give it a value, or leave it out. "
            "If the value comes from a shell variable, that variable is not set.",
        )
