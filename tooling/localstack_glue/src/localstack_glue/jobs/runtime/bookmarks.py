"""Where the bookmarks of jobs are: one file per job, written by `awsglue` when a script commits.

A file holds what GetJobBookmark calls a JobBookmarkEntry, so the service can answer it as it is. Beside it lies a
folder with the entry that each run left, so that a job can be taken back to what it knew after any of them.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

FILE_VARIABLE = "LOCALSTACK_GLUE_BOOKMARK_FILE"  # awsglue.bookmarks reads it


def job_id(job_arn: str) -> str:
    """Make an id that stays the same for a job, in AWS's form."""
    return f"j_{hashlib.sha256(job_arn.encode()).hexdigest()}"


def bookmark_file(folder: Path, job: str) -> Path:
    """Name a job's file; the job's id tells jobs of several accounts and regions apart."""
    return folder / f"{job}.json"


def runs_folder(folder: Path, job: str) -> Path:
    """Name the folder with what each run of a job left; `awsglue.bookmarks` writes it."""
    return folder / f"{job}.runs"


def read(folder: Path, job: str, run_id: str | None = None) -> dict[str, Any] | None:
    """Return the JobBookmarkEntry of a job, or the one that a run of it left; None if there is none."""
    file = runs_folder(folder, job) / f"{run_id}.json" if run_id else bookmark_file(folder, job)
    try:
        entry: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return entry


def rewind(folder: Path, job: str, run_id: str) -> None:
    """Take a job back to what it knew after a run.

    Raises:
        FileNotFoundError: that run left nothing.
    """
    entry = (runs_folder(folder, job) / f"{run_id}.json").read_text(encoding="utf-8")
    file = bookmark_file(folder, job)
    partial = file.with_suffix(".partial")
    partial.write_text(entry, encoding="utf-8")
    partial.replace(file)


def reset(folder: Path, job: str) -> None:
    """Forget what a job has read: its next run reads everything."""
    bookmark_file(folder, job).unlink(missing_ok=True)


def forget(folder: Path, job: str) -> None:
    """Forget a job that is gone, with what its runs left."""
    reset(folder, job)
    shutil.rmtree(runs_folder(folder, job), ignore_errors=True)


def reset_all(folder: Path) -> None:
    """Forget the bookmarks of all jobs."""
    shutil.rmtree(folder, ignore_errors=True)
