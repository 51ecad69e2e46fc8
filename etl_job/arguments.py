"""The arguments of a run: Quartal's own and those that Glue adds."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from etl_job.errors import ArgumentError

_REQUIRED = ("lake_bucket", "dataset", "contract", "database")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")  # of a folder of the lake, and of a table or database
_LONGEST = 1024  # of an S3 key
_RESERVED_RUN_ID = re.compile(r"main|\d{4}Q[1-4]")  # a branch, and the tags of quarters
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class JobArguments:
    """The arguments of one run. ``deliveries`` is empty if the command line does not name any.

    ``environment`` is its name in suggested commands; ``quarantine_share_limit`` is the alarm's. Both are optional.
    """

    lake_bucket: str
    dataset: str
    contract: str
    database: str
    deliveries: tuple[str, ...]
    run_id: str
    withdrawn: tuple[str, ...] = ()
    workflow_name: str | None = None
    workflow_run_id: str | None = None
    environment: str | None = None
    quarantine_share_limit: float | None = None

    @property
    def lake_root(self) -> str:
        """URI of the lake without a trailing slash: ``--lake_bucket`` is a bucket's name or such a URI."""
        return self.lake_bucket.rstrip("/") if "://" in self.lake_bucket else f"s3://{self.lake_bucket}"

    @property
    def naming_options(self) -> tuple[str, ...]:
        """The options with which a command of ours names this environment and feed."""
        return (f"--env {self.environment}", f"--dataset {self.dataset}") if self.environment else ()


def parse_arguments(argv: Sequence[str]) -> JobArguments:
    """Read ``--name value`` and ``--name=value`` pairs; names that Quartal does not know are ignored.

    The run's id is ``--run_id``, else Glue's workflow run, else its job run, else a new one.

    Raises:
        ArgumentError: an argument is missing, or `--run_id` cannot be used.
    """
    values = _pairs(argv)
    missing = [f"--{name}" for name in _REQUIRED if not values.get(name)]
    if missing:
        raise ArgumentError(f"missing argument {', '.join(missing)}: give each a value")
    _refuse_odd_values(values)
    ids = (values.get(name) for name in ("run_id", "WORKFLOW_RUN_ID", "JOB_RUN_ID"))
    run_id = next(filter(None, ids), None) or f"run-{uuid.uuid4()}"
    if not _RUN_ID.fullmatch(run_id):
        raise ArgumentError(
            f"--run_id {run_id[:80]!r}: use at most 128 letters, digits, '.', '_' and '-', beginning with a letter or "
            "digit"
        )
    if _RESERVED_RUN_ID.fullmatch(run_id):
        raise ArgumentError(f"--run_id {run_id[:80]!r} is a name that the tables reserve: use another")
    return JobArguments(
        **{name: values[name] for name in _REQUIRED},
        deliveries=split_deliveries(values.get("delivery", "")),
        run_id=run_id,
        withdrawn=split_deliveries(values.get("withdraw", "")),
        workflow_name=values.get("WORKFLOW_NAME"),
        workflow_run_id=values.get("WORKFLOW_RUN_ID"),
        environment=values.get("environment") or None,
        quarantine_share_limit=_share(values.get("quarantine_share_limit", "")),
    )


def _share(text: str) -> float | None:
    if not text:
        return None
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise ArgumentError(f"--quarantine_share_limit {text[:80]!r}: use a share from 0 to below 1, such as 0.05")
    return share


def _refuse_odd_values(values: dict[str, str]) -> None:
    for name in ("dataset", "database", "environment"):
        if values.get(name) and not _NAME.fullmatch(values[name]):
            raise ArgumentError(f"--{name} {values[name][:80]!r}: use letters, digits, '_', '.' and '-' only")
    for name in ("contract", "lake_bucket"):
        if not values[name].isprintable() or len(values[name]) > _LONGEST:
            raise ArgumentError(f"--{name} {values[name][:80]!r} is too long, or has control characters")
    for name in ("delivery", "withdraw"):
        for delivery in split_deliveries(values.get(name, "")):
            if not delivery.isprintable() or re.search(r"[/\\]", delivery) or delivery in (".", ".."):
                raise ArgumentError(
                    f"--{name} {delivery[:80]!r}: name the delivery by its folder's name, without a path"
                )
            if len(delivery) > _LONGEST:
                raise ArgumentError(f"--{name} {delivery[:80]!r}... is too long for the name of a folder")


def split_deliveries(text: str) -> tuple[str, ...]:
    """The names in a comma list, each once, in their order."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _pairs(argv: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for word, following in zip(argv, (*argv[1:], "--"), strict=False):
        if word.startswith("--"):
            name, separator, value = word[2:].partition("=")
            values[name] = value if separator or following.startswith("--") else following
    return values
