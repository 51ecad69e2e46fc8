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
RANGE = ("job-bookmark-from", "job-bookmark-to")
RESERVED = (CONTINUATION, "job-bookmark-option", *RANGE)
VERSION_VARIABLE, NEWEST_VERSION = "LOCALSTACK_GLUE_VERSION", "6.0"
BOOKMARK, BOOKMARKS = "job_bookmark_option", ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
OLDER_BOOKMARKS = ("continuation-enabled", "continuation-readonly", "continuation-ignore")
CHOICES = {"job-bookmark-option": BOOKMARKS, "encryption-type": ("sse-s3",), CONTINUATION: OLDER_BOOKMARKS}


class _Parser(argparse.ArgumentParser):
    """Python's parser, with an error instead of an exit."""

    def error(self, message: str) -> NoReturn:
        """Raise GlueArgumentError."""
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Iterable[str], allow_abbrev: bool | None = None) -> dict[str, Any]:
    """Return the named options of a command line such as `sys.argv`; hyphens in their names become underscores.

    Arguments that the script did not request are left out, except for those that Glue passes by itself. With
    `allow_abbrev`, an argument may be the beginning of an option's name: the default before Glue 6.0
    (docs.aws.amazon.com/glue/latest/dg/migrating-version-60.html). JOB_RUN_ID and the like are in the result without
    being requested; a request for one fails (github.com/awslabs/aws-glue-libs/issues/22).

    Raises:
        argparse.ArgumentError: an option is requested twice, or is one that Glue itself adds.
        GlueArgumentError: a requested argument is missing, or has no value.
        RuntimeError: an option is one of Glue's reserved arguments, or those of a bookmark's range do not fit together.
    """
    wanted = [option for option in options if option not in ("TempDir", "RedshiftTempDir")]
    for option in RESERVED:
        if option in wanted:
            raise RuntimeError(f"Using reserved arguments {option}")
    is_older = os.environ.get(VERSION_VARIABLE, NEWEST_VERSION) != NEWEST_VERSION
    parser = _Parser(allow_abbrev=is_older if allow_abbrev is None else allow_abbrev)
    for name in (*PASSED, CONTINUATION):
        parser.add_argument(f"--{name}", choices=CHOICES.get(name))
    for name in wanted:
        parser.add_argument(f"--{name}", required=True)
    resolved = vars(parser.parse_known_args(args[1:])[0])  # the first is the script
    folder = resolved["TempDir"] if resolved["TempDir"] is not None else resolved["RedshiftTempDir"]
    resolved["RedshiftTempDir"] = resolved["TempDir"] = folder
    older = dict(zip(OLDER_BOOKMARKS, BOOKMARKS, strict=True))
    continuation = resolved.pop(CONTINUATION.replace("-", "_"))
    resolved[BOOKMARK] = resolved[BOOKMARK] or older.get(continuation or "", BOOKMARKS[2])
    absent = [name for name in RANGE if resolved[name.replace("-", "_")] is None]
    if resolved[BOOKMARK] == BOOKMARKS[1] and len(absent) == 1:
        raise RuntimeError(f"Missing option or value for --{absent[0]}")
    if resolved[BOOKMARK] != BOOKMARKS[1] and not absent:
        raise RuntimeError(f"Invalid option(s) {' '.join(f'--{name}' for name in RANGE)}")
    return resolved
