"""Bookmarks through the API: shown, reset, rewound to a run, and deleted with their job."""  # G28

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from localstack_glue.jobs.bookmarks import JobBookmarks
from localstack_glue.jobs.job_processes import SubprocessRunner
from localstack_glue.jobs.runtime import bookmark_files
from localstack_glue.provider import GlueProvider
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.settings import Settings


def commit(folder: Path, scope: Any, run_id: str, version: int, job: str = "etl") -> dict[str, Any]:
    """Write what `awsglue` writes when a script commits."""
    entry = {"JobName": job, "Version": version, "Run": version, "Attempt": 0, "RunId": run_id, "JobBookmark": "{}"}
    job_id = bookmark_files.job_id(scope.arn("job", job))
    for file in (
        bookmark_files.bookmark_file(folder, job_id),
        bookmark_files.runs_folder(folder, job_id) / f"{run_id}.json",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(entry))
    return entry


@pytest.fixture
def calls(glue, tmp_path) -> JobBookmarks:
    calls = JobBookmarks(tmp_path, glue.job_signals)
    glue.add_job("etl")
    return calls


def start_run(glue: Any) -> str:
    """Start a run and end it."""
    run_id: str = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]
    glue.end_job()
    return run_id


def test_bookmark_is_shown_unchanged_and_deleted_by_a_reset(glue, calls, tmp_path):  # G28
    entry = commit(tmp_path, glue.scope, start_run(glue), version=3)

    assert calls.get(glue.scope, {"JobName": "etl"})["JobBookmarkEntry"] == entry
    answer = calls.reset(glue.scope, {"JobName": "etl"})["JobBookmarkEntry"]

    assert (answer["JobName"], answer["Run"], answer["JobBookmark"]) == ("etl", 0, "")
    with pytest.raises(EntityNotFoundException, match="Continuation for job etl not found"):
        calls.get(glue.scope, {"JobName": "etl"})


def test_bookmark_goes_back_to_what_a_run_left(glue, calls, tmp_path):
    first = commit(tmp_path, glue.scope, start_run(glue), version=1)
    second = commit(tmp_path, glue.scope, start_run(glue), version=2)

    assert calls.get(glue.scope, {"JobName": "etl", "RunId": first["RunId"]})["JobBookmarkEntry"] == first
    assert calls.get(glue.scope, {"JobName": "etl"})["JobBookmarkEntry"] == second
    calls.reset(glue.scope, {"JobName": "etl", "RunId": first["RunId"]})

    assert calls.get(glue.scope, {"JobName": "etl"})["JobBookmarkEntry"] == first


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"JobName": "etl"}, id="never-committed"),
        pytest.param({"JobName": "none"}, id="unknown-job"),
        pytest.param({"JobName": "etl", "RunId": "../../etl"}, id="unknown-run"),
    ],
)
@pytest.mark.parametrize("call", ["get", "reset"])
def test_missing_bookmark_is_refused(glue, calls, call, request_):
    with pytest.raises(EntityNotFoundException):
        getattr(calls, call)(glue.scope, request_)


def test_bookmark_of_a_running_job_is_not_reset(glue, calls, tmp_path):
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]
    commit(tmp_path, glue.scope, run_id, version=1)

    with pytest.raises(InvalidInputException, match="etl is running"):
        calls.reset(glue.scope, {"JobName": "etl"})


def test_bookmark_goes_with_its_job(glue, calls, tmp_path):
    commit(tmp_path, glue.scope, start_run(glue), version=1)
    glue.jobs.delete(glue.scope, {"JobName": "etl"})

    assert list(tmp_path.iterdir()) == []


def make_provider(work_dir: Path, state_dir: Path | None) -> GlueProvider:
    settings = Settings(Path(sys.executable), (), None, None, work_dir, state_dir=state_dir)
    return GlueProvider(settings, ClientFactory("http://127.0.0.1:1"), SubprocessRunner())


@pytest.mark.parametrize("is_kept", [True, False])
def test_bookmark_outlives_the_service_where_its_job_does(glue, tmp_path, is_kept):
    work, state = tmp_path / "work", tmp_path / "state"
    before = make_provider(work, state if is_kept else None)
    before.start()
    glue.add_job("etl")
    run_id = start_run(glue)
    commit(before.settings.bookmarks_dir, glue.scope, run_id, version=1)
    if before.state is not None:
        before.state.save()
    before.close()

    after = make_provider(work, state if is_kept else None)
    after.start()
    try:
        entry = bookmark_files.read(after.settings.bookmarks_dir, bookmark_files.job_id(glue.scope.arn("job", "etl")))
        assert (entry is not None) == is_kept
        after.reset()
        assert not after.settings.bookmarks_dir.exists()
    finally:
        after.close()
