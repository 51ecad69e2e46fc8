"""The bookmark calls of the API; the bookmarks themselves are written by scripts that commit."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localstack_glue.jobs.runtime import bookmark_files
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.signals import JobSignals

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        GetJobBookmarkRequestTypeDef,
        ResetJobBookmarkRequestTypeDef,
    )


class JobBookmarks:
    """Shows and resets the bookmarks of jobs."""

    def __init__(self, folder: Path, signals: JobSignals) -> None:
        self._folder = folder
        signals.deleted.add(self.forget)

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {"GetJobBookmark": self.get, "ResetJobBookmark": self.reset}

    def get(self, scope: Scope, request: "GetJobBookmarkRequestTypeDef") -> JsonDict:
        """GetJobBookmark, also as a certain run left it."""
        return {"JobBookmarkEntry": self._find(scope, request)}

    def reset(self, scope: Scope, request: "ResetJobBookmarkRequestTypeDef") -> JsonDict:
        """ResetJobBookmark: the next run reads everything or, with RunId, everything after that run."""
        name, job = request["JobName"], _job_id(scope, request["JobName"])
        entry = self._find(scope, request)
        if any(run.is_running for run in scope.store.list_runs(name)):
            raise InvalidInputException(f"Job {name} is running; its bookmark can be reset once the run has ended")
        if run_id := request.get("RunId"):
            bookmark_files.rewind(self._folder, job, run_id)
        else:
            bookmark_files.reset(self._folder, job)
            entry = {**entry, "Version": 0, "Run": 0, "Attempt": 0, "JobBookmark": ""}
        return {"JobBookmarkEntry": entry}

    def forget(self, scope: Scope, job_name: str) -> None:
        """Delete the bookmark of a deleted job."""
        bookmark_files.forget(self._folder, _job_id(scope, job_name))

    def forget_all(self) -> None:
        """Drop all bookmarks."""
        bookmark_files.reset_all(self._folder)

    def _find(
        self, scope: Scope, request: "GetJobBookmarkRequestTypeDef | ResetJobBookmarkRequestTypeDef"
    ) -> dict[str, Any]:
        name = request["JobName"]
        if name not in scope.store.jobs:
            raise EntityNotFoundException(f"Job {name} not found.")
        run_id = request.get("RunId")
        if run_id and (run_id not in scope.store.job_runs or scope.store.job_runs[run_id].job_name != name):
            raise EntityNotFoundException(f"Job run {run_id} not found.")
        entry = bookmark_files.read(self._folder, _job_id(scope, name), run_id)
        if entry is None:
            raise EntityNotFoundException(f"Continuation for job {name} not found")
        return entry


def _job_id(scope: Scope, job_name: str) -> str:
    return bookmark_files.job_id(scope.arn("job", job_name))
