"""Job arguments.

Follows the page "Accessing parameters using getResolvedOptions" of the AWS Glue Developer Guide.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from awsglue.errors import GlueArgumentError

__all__ = ["GlueArgumentError", "getResolvedOptions"]

# Arguments that Glue itself passes: in every result, None if missing
PASSED = (
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "TempDir",
    "RedshiftTempDir",
    "encryption-type",
    "enable-data-lineage",
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
)
RESERVED = ("continuation-option", "job-bookmark-option", "job-bookmark-from", "job-bookmark-to")
VERSION_VARIABLE, NEWEST_VERSION = "LOCALSTACK_GLUE_VERSION", "6.0"
BOOKMARK, BOOKMARKS = "job_bookmark_option", ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")


def getResolvedOptions(args: Sequence[str], options: Iterable[str], allow_abbrev: bool | None = None) -> dict[str, Any]:
    """Return the named options of a command line such as `sys.argv`; hyphens in their names become underscores.

    Arguments that the script did not request are left out, except for those that Glue passes by itself. With
    `allow_abbrev`, an argument may be the beginning of an option's name: the default before Glue 6.0
    (docs.aws.amazon.com/glue/latest/dg/migrating-version-60.html).

    Raises:
        GlueArgumentError: a requested argument is missing, or has no value.
        RuntimeError: an option is one of Glue's reserved arguments.
    """
    wanted = list(options)
    for option in RESERVED:
        if option in wanted:
            raise RuntimeError(f"Using reserved arguments {option}")
    is_older = os.environ.get(VERSION_VARIABLE, NEWEST_VERSION) != NEWEST_VERSION
    is_abbreviated = is_older if allow_abbrev is None else allow_abbrev
    parsed = _parse(args, [*PASSED, *RESERVED, *wanted] if is_abbreviated else ())
    resolved: dict[str, Any] = {_key(option): parsed.get(_key(option)) for option in PASSED}
    missing = []
    for option in wanted:
        value = parsed.get(_key(option))
        if value is None and _key(option) in parsed:
            raise GlueArgumentError(f"argument --{option}: expected one argument")
        if value is None and _key(option) not in resolved:
            missing.append(f"--{option}")
        resolved[_key(option)] = value
    if missing:
        raise GlueArgumentError(f"the following arguments are required: {', '.join(missing)}")
    resolved["RedshiftTempDir"] = resolved["TempDir"] = resolved["TempDir"] or resolved["RedshiftTempDir"]
    resolved[BOOKMARK] = _bookmark(resolved[BOOKMARK], parsed.get("continuation_option"))
    return resolved


def _bookmark(option: str | None, continuation: str | None) -> str:
    """The bookmark's option, which older jobs pass under another name."""
    older = {"continuation-enabled": BOOKMARKS[0], "continuation-readonly": BOOKMARKS[1]}
    chosen = option or older.get(continuation or "", BOOKMARKS[2])
    if chosen not in BOOKMARKS:
        listed = ", ".join(map(repr, BOOKMARKS))
        raise GlueArgumentError(f"argument --job-bookmark-option: invalid choice: {chosen!r} (choose from {listed})")
    return chosen


def _parse(args: Sequence[str], known: Collection[str]) -> dict[str, str | None]:
    """Parse `--name value` and `--name=value`. A name followed by another name has no value.

    A name that is the beginning of one of the `known` names means that one.
    """
    parsed: dict[str, str | None] = {}
    words = list(args)
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.startswith("--") or word == "--":
            continue
        name, has_value, value = word[2:].partition("=")
        name = _whole(name, known)
        if has_value:
            parsed[_key(name)] = value
        elif position < len(words) and not words[position].startswith("--"):
            parsed[_key(name)] = words[position]
            position += 1
        else:
            parsed[_key(name)] = None
    return parsed


def _whole(name: str, known: Collection[str]) -> str:
    if name in known or not name:
        return name
    meant = sorted({option for option in known if option.startswith(name)})
    if len(meant) > 1:
        listed = ", ".join(f"--{option}" for option in meant)
        raise GlueArgumentError(f"ambiguous option: --{name} could match {listed}")
    return meant[0] if meant else name


def _key(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
