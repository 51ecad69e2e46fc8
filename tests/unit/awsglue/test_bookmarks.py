import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsglue.bookmarks import BAND_MS, FILE_VARIABLE, Bookmark, ContextState, SourceFile
from awsglue.errors import GlueUnsupportedError
from awsglue.job import Job
from tests.unit.awsglue.conftest import rows

ENABLE, PAUSE = "job-bookmark-enable", "job-bookmark-pause"


def test_state_reads_each_version_of_a_file_once():
    old, same_moment, rewritten = SourceFile("a", 1000), SourceFile("b", 1000), SourceFile("a", 2000)
    state = ContextState().after([old])

    assert [state.is_new(file) for file in (old, same_moment, rewritten)] == [False, True, True]
    assert not state.after([rewritten]).is_new(rewritten)


def test_state_forgets_files_of_long_ago_and_does_not_read_them_again():
    old = SourceFile("a", 1000)
    state = ContextState().after([old]).after([SourceFile("b", 1000 + 2 * BAND_MS)])

    assert list(state.recent) == ["b"]
    assert not state.is_new(old)


@given(st.lists(st.lists(st.integers(0, 10**6), max_size=5), max_size=5))
def test_state_reads_nothing_twice(batches):
    state, everything = ContextState(), []
    for number, times in enumerate(batches):
        files = [SourceFile(f"{number}/{position}", time) for position, time in enumerate(times)]
        everything += files
        state = state.after(file for file in everything if state.is_new(file))
        assert not any(state.is_new(file) for file in everything)


@pytest.fixture
def bookmark_file(tmp_path, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "state" / "j_1.json"))
    return tmp_path / "state" / "j_1.json"


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()

    def add(name, content, seconds):
        file = tmp_path / "in" / name
        file.write_text(content)
        os.utime(file, (seconds, seconds))
        return tmp_path / "in"

    return add


def run(context, folder, option, *, commit=True, read_as="ctx"):
    """One run of a job: what it reads."""
    job = Job(context)
    job.init("etl", {"job_bookmark_option": option, "JOB_RUN_ID": "jr_1"})
    frame = context.create_dynamic_frame.from_options(
        "s3", {"paths": [str(folder)]}, format="csv", transformation_ctx=read_as
    )
    found = sorted(rows(frame))
    if commit:
        job.commit()
    return found


def test_a_run_reads_what_is_new_since_the_last_commit(glue_context, bookmark_file, source):
    folder = source("a", "1\n", 1000)
    assert run(glue_context, folder, ENABLE) == [("1",)]
    assert run(glue_context, folder, ENABLE) == []

    source("b", "2\n", 1000)  # in the same second as the last one that was read
    source("a", "3\n", 2000)  # written again
    assert run(glue_context, folder, ENABLE, commit=False) == [("2",), ("3",)]
    assert run(glue_context, folder, ENABLE) == [("2",), ("3",)]
    assert run(glue_context, folder, "job-bookmark-disable") == [("2",), ("3",)]


def test_pause_reads_what_is_new_and_moves_nothing(glue_context, bookmark_file, source):
    folder = source("a", "1\n", 1000)
    run(glue_context, folder, ENABLE)
    source("b", "2\n", 2000)

    assert run(glue_context, folder, PAUSE) == [("2",)]
    assert run(glue_context, folder, PAUSE) == [("2",)]


def test_sources_have_bookmarks_of_their_own(glue_context, bookmark_file, source):
    folder = source("a", "1\n", 1000)
    run(glue_context, folder, ENABLE)

    assert run(glue_context, folder, ENABLE, read_as="other") == [("1",)]
    assert run(glue_context, folder, ENABLE, read_as="") == [("1",)]


def test_the_file_is_a_bookmark_entry_and_deleting_it_resets(glue_context, bookmark_file, source):
    folder = source("a", "1\n", 1000)
    run(glue_context, folder, ENABLE)
    run(glue_context, folder, ENABLE)

    entry = json.loads(bookmark_file.read_text())
    assert {name: entry[name] for name in ("JobName", "Version", "Run", "RunId")} == {
        "JobName": "etl",
        "Version": 2,
        "Run": 2,
        "RunId": "jr_1",
    }
    assert list(json.loads(entry["JobBookmark"])) == ["ctx"]
    assert json.loads((bookmark_file.with_suffix(".runs") / "jr_1.json").read_text()) == entry

    bookmark_file.unlink()
    assert run(glue_context, folder, ENABLE) == [("1",)]


def test_nothing_new_runs_through_a_whole_script(glue_context, bookmark_file, source, tmp_path):
    folder = source("a", "1\n", 1000)
    run(glue_context, folder, ENABLE)
    job = Job(glue_context)
    job.init("etl", {"job_bookmark_option": ENABLE})
    frame = glue_context.create_dynamic_frame.from_options(
        "s3", {"paths": [str(folder)]}, format="csv", transformation_ctx="ctx"
    )

    glue_context.write_dynamic_frame.from_options(
        frame.apply_mapping([("col0", "string", "a", "int")]), "s3", {"path": str(tmp_path / "out")}, "csv"
    )

    assert frame.count() == 0


@pytest.mark.parametrize("option", [ENABLE, PAUSE])
def test_sample_with_a_bookmark_is_refused(glue_context, bookmark_file, source, option):
    folder = str(source("a", "1\n2\n", 1000))
    Job(glue_context).init("etl", {"job_bookmark_option": option})

    def sample(context=""):
        make = glue_context.create_sample_dynamic_frame_from_options
        return make("s3", {"paths": [folder]}, 1, format="csv", transformation_ctx=context)

    assert sample().count() == 1
    with pytest.raises(GlueUnsupportedError, match="a sample frame with a job bookmark"):
        sample("ctx")
    with pytest.raises(GlueUnsupportedError, match="a sample frame with a job bookmark"):
        glue_context.getSource("s3", "csv", "ctx", paths=[folder]).getSampleFrame(1)
    with pytest.raises(GlueUnsupportedError, match="a sample frame with a job bookmark"):
        glue_context.create_sample_dynamic_frame_from_catalog("lake", "t", 1, transformation_ctx="ctx")


def test_init_and_commit(glue_context, monkeypatch, capsys):
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    job = Job(glue_context)
    assert not job.isInitialized()
    job.commit()  # published scripts do so
    assert "job.commit() without job.init(): no effect" in capsys.readouterr().err
    job.init("etl", {})
    assert job.isInitialized()
    job.commit()


def test_unsupported_bookmarks_are_refused(monkeypatch):
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    with pytest.raises(GlueUnsupportedError, match="outside the service"):
        Bookmark.from_arguments("etl", {"job_bookmark_option": ENABLE})
    with pytest.raises(GlueUnsupportedError, match="--job-bookmark-from"):
        Bookmark.from_arguments("etl", {"job_bookmark_from": "jr_1"})
    with pytest.raises(ValueError, match="not sometimes"):
        Bookmark.from_arguments("etl", {"job_bookmark_option": "sometimes"})
