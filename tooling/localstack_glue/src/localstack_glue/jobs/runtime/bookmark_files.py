"""The files of job bookmarks: one file per job, written by `awsglue` when a script commits.

A file holds GetJobBookmark's JobBookmarkEntry, so the service can return it unchanged. A folder next to it has the
entry of each run, so that a job can be reset to its state after any of them.
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
    """Name a job's file; the job's id distinguishes jobs of several accounts and regions."""
    return folder / f"{job}.json"


def runs_folder(folder: Path, job: str) -> Path:
    """Name the folder with the entries of a job's runs; `awsglue.bookmarks` writes it."""
    return folder / f"{job}.runs"


def read(folder: Path, job: str, run_id: str | None = None) -> dict[str, Any] | None:
    """Return the JobBookmarkEntry of a job, or that of one of its runs; None if there is none."""
    file = runs_folder(folder, job) / f"{run_id}.json" if run_id else bookmark_file(folder, job)
    try:
        entry: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return entry


def rewind(folder: Path, job: str, run_id: str) -> None:
    """Reset a job to its state after a run.

    Raises:
        FileNotFoundError: that run left no entry.
    """
    entry = (runs_folder(folder, job) / f"{run_id}.json").read_text(encoding="utf-8")
    file = bookmark_file(folder, job)
    partial = file.with_suffix(".partial")
    partial.write_text(entry, encoding="utf-8")
    partial.replace(file)


def reset(folder: Path, job: str) -> None:
    """Delete a job's bookmark: its next run reads everything."""
    bookmark_file(folder, job).unlink(missing_ok=True)


def forget(folder: Path, job: str) -> None:
    """Delete the bookmark of a deleted job, with the entries of its runs."""
    reset(folder, job)
    shutil.rmtree(runs_folder(folder, job), ignore_errors=True)


def reset_all(folder: Path) -> None:
    """Forget the bookmarks of all jobs."""
    shutil.rmtree(folder, ignore_errors=True)
