"""The changes that a failed apply had made, so that the next review does not attribute them to somebody else."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from plan_review.model import FailedApply
from quartal.core.typed_records import read_record_of
from quartal.core.whole_files import write_whole
from quartal.terraform.events import TerraformEvent
from quartal.terraform.working_copy import StagedRoot


@dataclass(slots=True)
class ApplyProgress:
    """The changes that an apply in progress has begun and completed, from Terraform's messages."""

    begun: dict[str, None] = field(default_factory=dict)
    done: dict[str, None] = field(default_factory=dict)

    def note(self, event: TerraformEvent) -> None:
        """Take a message in."""
        if event.kind == "apply_start":
            self.begun[event.address] = None
        elif event.kind == "apply_complete":
            self.done[event.address] = None

    def write(self, staged: StagedRoot) -> None:
        """Record its progress, next to that of an earlier failed apply.

        This raises nothing if the record cannot be written, so that the reason of the failed apply is reported.
        """
        earlier = read_failed_apply(staged)
        done = {**dict.fromkeys(earlier.done if earlier else ()), **self.done}
        begun = {**dict.fromkeys(earlier.begun if earlier else ()), **self.begun}
        at = datetime.now(UTC).isoformat(timespec="seconds")
        failed = FailedApply(at, tuple(done), tuple(address for address in begun if address not in self.done))
        with suppress(OSError):
            write_whole(_file(staged), json.dumps(asdict(failed), indent=2) + "\n", owner_only=True)


def read_failed_apply(staged: StagedRoot) -> FailedApply | None:
    """The newest failed apply since the last complete one; None if there is none, or its record cannot be read."""
    try:
        return read_record_of(FailedApply, _file(staged).read_bytes())
    except (OSError, ValueError):
        return None


def forget_failed_apply(staged: StagedRoot) -> None:
    """Forget a failed apply after a complete one: later differences are somebody else's."""
    _file(staged).unlink(missing_ok=True)


def _file(staged: StagedRoot) -> Path:
    return staged.plan_file.with_suffix(".failed-apply.json")
