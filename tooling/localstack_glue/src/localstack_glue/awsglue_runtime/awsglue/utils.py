"""Job arguments.

Follows the page "Accessing parameters using getResolvedOptions" of the AWS Glue Developer Guide.
"""

from collections.abc import Iterable, Sequence

from awsglue.errors import GlueArgumentError

__all__ = ["GlueArgumentError", "getResolvedOptions"]

# What Glue itself passes: in the result whenever it was given, required only if the script asks for it.
RESERVED = (
    "JOB_NAME",
    "JOB_ID",
    "JOB_RUN_ID",
    "WORKFLOW_NAME",
    "WORKFLOW_RUN_ID",
    "SECURITY_CONFIGURATION",
    "TempDir",
    "RedshiftTempDir",
    "encryption-type",
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
)


def getResolvedOptions(args: Sequence[str], options: Iterable[str]) -> dict[str, str]:
    """Return the named options of a command line such as `sys.argv`; hyphens in their names become underscores.

    Arguments that the script did not ask for are left out, but for those that Glue passes by itself.
    """
    given = _parse(args)
    resolved: dict[str, str] = {}
    missing = []
    for option in options:
        value = given.get(_key(option), "absent")
        if value == "absent" and _key(option) not in given:
            missing.append(f"--{option}")
        elif value is None:
            raise GlueArgumentError(f"argument --{option}: expected one argument")
        else:
            resolved[_key(option)] = value
    if missing:
        raise GlueArgumentError(f"the following arguments are required: {', '.join(missing)}")
    for option in RESERVED:
        value = given.get(_key(option))
        if value is not None:
            resolved.setdefault(_key(option), value)
    return resolved


def _parse(args: Sequence[str]) -> dict[str, str | None]:
    """Read `--name value` and `--name=value`; a name followed by another name has no value."""
    given: dict[str, str | None] = {}
    words = list(args)
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if not word.startswith("--") or word == "--":
            continue
        name, has_value, value = word[2:].partition("=")
        if has_value:
            given[_key(name)] = value
        elif position < len(words) and not words[position].startswith("--"):
            given[_key(name)] = words[position]
            position += 1
        else:
            given[_key(name)] = None
    return given


def _key(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")
