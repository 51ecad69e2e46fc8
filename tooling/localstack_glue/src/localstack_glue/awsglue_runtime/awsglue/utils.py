"""Job arguments.

Follows the page "Accessing parameters using getResolvedOptions" of the AWS Glue Developer Guide.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

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
CONTINUATION = "continuation-option"
RESERVED = (CONTINUATION, "job-bookmark-option", "job-bookmark-from", "job-bookmark-to")
VERSION_VARIABLE, NEWEST_VERSION = "LOCALSTACK_GLUE_VERSION", "6.0"
BOOKMARK, BOOKMARKS = "job_bookmark_option", ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")


class _Parser(argparse.ArgumentParser):
    """Python's parser, with an error instead of an exit."""

    def error(self, message: str) -> NoReturn:
        """Raise GlueArgumentError."""
        raise GlueArgumentError(message)


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
    parser = _Parser(allow_abbrev=is_older if allow_abbrev is None else allow_abbrev, add_help=False)
    for name in (*PASSED, CONTINUATION):
        parser.add_argument(f"--{name}", choices=BOOKMARKS if name == "job-bookmark-option" else None)
    for name in dict.fromkeys(wanted):
        if name not in PASSED:
            parser.add_argument(f"--{name}", required=True)
    resolved = vars(parser.parse_known_args(args[1:])[0])  # the first is the script
    resolved["RedshiftTempDir"] = resolved["TempDir"] = resolved["TempDir"] or resolved["RedshiftTempDir"]
    older = {"continuation-enabled": BOOKMARKS[0], "continuation-readonly": BOOKMARKS[1]}
    continuation = resolved.pop(CONTINUATION.replace("-", "_"))
    resolved[BOOKMARK] = resolved[BOOKMARK] or older.get(continuation or "", BOOKMARKS[2])
    return resolved
