"""The plan that was reviewed last: its file, the review's verdict, and the configuration that it was made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quartal.core.errors import ConfigurationError
from quartal.core.typed_records import ONLY_ITS_FIELDS, read_record_of
from quartal.core.whole_files import write_whole
from quartal.terraform.working_copy import StagedRoot


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """The record that is stored next to a reviewed plan.

    Attributes:
        plan_sha256: hash of the plan file.
        configuration_sha256: hash over the configuration that the plan was made from.
        made_at: when it was reviewed, ISO 8601.
        summary: the plan in one line.
        decision: the verdict.
        approval: the level of consent that it needs.
        is_destroy: whether the plan removes everything.
        reasons: the findings that decided, as the review's own fields.
        account: the AWS account that it was made in; empty if it did not ask AWS for it.
        region: the region that it is for.
    """

    __pydantic_config__ = ONLY_ITS_FIELDS

    plan_sha256: str
    configuration_sha256: str
    made_at: str
    summary: str
    decision: str
    approval: str
    is_destroy: bool
    reasons: tuple[dict[str, Any], ...]
    account: str = ""
    region: str = ""


def record_file(staged: StagedRoot) -> Path:
    """The file with the record of the environment's plan."""
    return staged.plan_file.with_suffix(".review.json")


def write_record(
    staged: StagedRoot,
    *,
    made_at: str,
    summary: str,
    decision: str,
    approval: str,
    is_destroy: bool,
    reasons: tuple[dict[str, Any], ...] = (),
    account: str = "",
    region: str = "",
) -> ReviewRecord:
    """Write down which plan was reviewed."""
    record = ReviewRecord(
        plan_sha256=_sha256(staged.plan_file),
        configuration_sha256=configuration_hash(staged.folder),
        made_at=made_at,
        summary=summary,
        decision=decision,
        approval=approval,
        is_destroy=is_destroy,
        reasons=reasons,
        account=account,
        region=region,
    )
    write_whole(record_file(staged), json.dumps(asdict(record), indent=2) + "\n", owner_only=True)
    return record


def read_record(staged: StagedRoot) -> ReviewRecord | None:
    """The record of the saved plan that was not yet applied; None if there is none.

    Raises:
        ConfigurationError: the file is not a record of a review.
    """
    path = record_file(staged)
    if not path.is_file() or not staged.plan_file.is_file():
        return None
    try:
        return read_record_of(ReviewRecord, path.read_bytes())
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is not the record of a review: {error}.", remedy="Delete it and plan again: `quartal plan`."
        ) from error


def require_record(staged: StagedRoot) -> ReviewRecord:
    """The record of the plan that was just reviewed.

    Raises:
        ConfigurationError: it was removed since.
    """
    record = read_record(staged)
    if record is None:
        raise ConfigurationError("The reviewed plan no longer exists.", remedy="Plan and review again: `quartal plan`.")
    return record


def refuse_another_plan(staged: StagedRoot, record: ReviewRecord) -> None:
    """Stop unless the plan file is the one that was reviewed.

    Raises:
        ConfigurationError: it is a different file, or missing.
    """
    if not staged.plan_file.is_file() or _sha256(staged.plan_file) != record.plan_sha256:
        raise ConfigurationError(
            f"{staged.plan_file.name} is not the plan that was reviewed at {record.made_at}.",
            remedy="Nothing was applied. Plan and review again: `quartal plan`.",
        )


def discard(staged: StagedRoot) -> None:
    """Forget the plan: it was applied, or it is out of date."""
    record_file(staged).unlink(missing_ok=True)
    staged.plan_file.unlink(missing_ok=True)


def configuration_hash(folder: Path) -> str:
    """A hash over the names and contents of the staged configuration and its artifacts, without the state."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and relative.parts[0] != ".terraform" and ".tfstate" not in path.name:
            digest.update(relative.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
