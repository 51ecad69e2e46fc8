"""State that outlives the service, and what becomes of what ran."""

import pickle
import sys
import threading
import time
from pathlib import Path

import pytest
from moto.glue.models import glue_backends

from localstack_glue.service import models
from localstack_glue.service.models import glue_stores
from localstack_glue.service.settings import find_state_dir
from localstack_glue.service.state_files import STATE_FILE, StateFile, UnreadableStateError, collect
from localstack_glue.workflows.orphaned_runs import CRAWL_MESSAGE, JOB_MESSAGE, end_what_ran


@pytest.fixture(autouse=True)
def forget_moto(monkeypatch):
    monkeypatch.setattr("localstack_glue.service.state_files.LAST_SAVE_S", 60)  # a busy machine is no failure
    glue_backends.reset()
    yield
    glue_backends.reset()


def state_file(folder: Path) -> StateFile:
    return StateFile(folder, threading.RLock())


def forget_all() -> None:
    glue_stores.reset()
    glue_backends.reset()


def test_all_stored_data_is_restored(glue, tmp_path):
    glue.add_quarterly_workflow()
    glue.start_workflow_run()
    glue.classifiers.create(glue.scope, {"CsvClassifier": {"Name": "csv"}})
    catalog = glue_backends["000000000000"]["us-east-1"]
    catalog.create_database("lake", {"Name": "lake"})
    catalog.create_table("lake", "raw", {"Name": "raw", "PartitionKeys": [{"Name": "delivery"}]})
    catalog.create_partition("lake", "raw", {"Values": ["2024Q1"]})
    catalog.tag_resource(glue.scope.arn("job", "etl"), {"team": "red"})
    before = glue.workflows.get(glue.scope, {"Name": "quarterly", "IncludeGraph": True})

    state_file(tmp_path).save()
    forget_all()
    assert glue.store.jobs == {}
    assert state_file(tmp_path).load()

    assert glue.workflows.get(glue.scope, {"Name": "quarterly", "IncludeGraph": True}) == before
    assert list(glue.store.classifiers) == ["csv"]
    catalog = glue_backends["000000000000"]["us-east-1"]
    assert [partition.values for partition in catalog.databases["lake"].tables["raw"].get_partitions(None)] == [
        ["2024Q1"]
    ]
    assert catalog.get_tags(glue.scope.arn("job", "etl")) == {"team": "red"}


def test_runs_of_a_stopped_service_are_failed_and_start_nothing(glue, tmp_path):  # G7, G13, G26
    glue.add_quarterly_workflow()
    glue.start_workflow_run()
    glue.end_crawl()
    run_id = glue.start_workflow_run()  # its crawl runs, and the job of the first run
    state_file(tmp_path).save()
    forget_all()
    state_file(tmp_path).load()

    assert end_what_ran(glue.store, glue.clock.now()) == 4
    (run,) = glue.jobs.get_runs(glue.scope, {"JobName": "etl"})["JobRuns"]
    assert (run["JobRunState"], run["ErrorMessage"], "CompletedOn" in run) == ("FAILED", JOB_MESSAGE, True)
    crawler = glue.crawlers.get(glue.scope, {"Name": "raw"})["Crawler"]
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "FAILED")
    assert crawler["LastCrawl"]["ErrorMessage"] == CRAWL_MESSAGE
    assert glue.workflow_run(run_id)["Status"] == "COMPLETED"
    assert glue.workflow_run(run_id)["Statistics"]["FailedActions"] == 1
    assert len(glue.job_executor.started) == 1
    assert end_what_ran(glue.store, glue.clock.now()) == 0


def test_interrupted_run_can_be_resumed(glue):  # G9
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl()
    end_what_ran(glue.store, glue.clock.now())
    node = next(node["UniqueId"] for node in glue.workflow_run(run_id)["Graph"]["Nodes"] if node["Type"] == "JOB")
    glue.workflows.resume_run(glue.scope, {"Name": "quarterly", "RunId": run_id, "NodeIds": [node]})
    assert glue.started_jobs == ["etl", "etl"]


def test_no_file_is_no_state(tmp_path):
    assert not state_file(tmp_path).load()


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04}\x94."])
def test_file_that_cannot_be_read_is_put_aside(tmp_path, content):
    (tmp_path / STATE_FILE).write_bytes(content)
    assert not state_file(tmp_path).load()
    assert (tmp_path / STATE_FILE).with_suffix(".unreadable").read_bytes() == content


def test_file_follows_changes_and_has_the_last_one_at_the_end(tmp_path):
    contents = [{"change": 1}, {"change": 2}]
    written = iter(contents)
    state = StateFile(tmp_path / "deep", threading.RLock(), lambda: next(written))
    state.start()
    state.touch()
    deadline = time.monotonic() + 60
    while not (tmp_path / "deep" / STATE_FILE).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (tmp_path / "deep" / STATE_FILE).exists()
    state.close()
    assert list(written) == []


def test_failing_to_write_does_not_end_it(tmp_path):
    tries = []

    def gather():
        tries.append(1)
        raise OSError("disk full")

    state = StateFile(tmp_path, threading.RLock(), gather)
    state.start()
    state.touch()
    deadline = time.monotonic() + 60
    while not tries and time.monotonic() < deadline:
        time.sleep(0.02)
    state.close()
    assert len(tries) == 2


def test_file_begins_with_who_wrote_it(glue, tmp_path):
    glue.add_job("etl")
    state_file(tmp_path).save()
    stamp = (tmp_path / STATE_FILE).read_bytes().partition(b"\n")[0]
    assert stamp == b'glue-local-state {"format": 1, "written_by": "glue-local 0.1.0"}'


def test_state_without_a_stamp_is_of_an_earlier_version_and_read(glue, tmp_path):
    glue.add_job("etl")
    (tmp_path / STATE_FILE).write_bytes(pickle.dumps(collect()))
    forget_all()
    assert state_file(tmp_path).load()
    assert list(glue.store.jobs) == ["etl"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'glue-local-state {"format": 2, "written_by": "glue-local 9.1"}\nof another making', "glue-local 9.1"),
        (pickle.dumps({"format": 2, "stores": {}, "catalogs": {}}), "an unnamed version"),
    ],
)
def test_state_of_a_later_format_is_refused_by_name_and_left_alone(tmp_path, content, named):
    (tmp_path / STATE_FILE).write_bytes(content)
    with pytest.raises(UnreadableStateError, match=f"format is 2, written by {named}; this version, glue-local 0.1.0"):
        state_file(tmp_path).load()
    assert (tmp_path / STATE_FILE).read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == [STATE_FILE]


def test_state_folder_comes_from_the_settings(tmp_path):
    assert find_state_dir({}, None) is None
    assert find_state_dir({}, tmp_path) == tmp_path
    assert find_state_dir({"LOCALSTACK_GLUE_STATE_DIR": "/data/glue"}, tmp_path) == Path("/data/glue")


def test_change_while_it_is_written_is_waited_for(tmp_path):
    answers = [RuntimeError("dictionary changed size during iteration"), {"change": 1}]

    def gather():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    StateFile(tmp_path, threading.RLock(), gather).save()
    assert (tmp_path / STATE_FILE).exists()


def test_state_of_a_version_that_kept_its_classes_elsewhere_is_read(glue, tmp_path, monkeypatch):
    glue.add_quarterly_workflow()
    before = glue.workflows.get(glue.scope, {"Name": "quarterly"})
    with monkeypatch.context() as earlier:
        earlier.setitem(sys.modules, "localstack_glue.models", models)
        for kept in vars(models).values():
            if isinstance(kept, type) and kept.__module__ == models.__name__:
                earlier.setattr(kept, "__module__", "localstack_glue.models")
        state_file(tmp_path).save()
    assert b"localstack_glue.models" in (tmp_path / STATE_FILE).read_bytes()
    forget_all()
    assert state_file(tmp_path).load()
    assert glue.workflows.get(glue.scope, {"Name": "quarterly"}) == before


def test_trigger_of_an_earlier_version_knows_what_it_has_seen(glue):
    for job in ("a", "b", "last"):
        glue.add_job(job)
    conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in ("a", "b")]
    predicate = {"Logical": "AND", "Conditions": conditions}
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}, {"JobName": "b"}])
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "last"}], Predicate=predicate, StartOnCreation=True)
    glue.triggers.start(glue.scope, {"Name": "start"})
    trigger = glue.store.triggers["then"]
    kept = {name: value for name, value in vars(trigger).items() if name not in ("ended", "watch")}

    glue.store.triggers["then"] = restored = object.__new__(type(trigger))
    restored.__setstate__({**kept, "met_conditions": {0}, "met_by": ((0, "a", "jr_1"),)})
    glue.end_job(position=1)

    assert glue.started_jobs[-1] == "last"
    assert glue.jobs.get_runs(glue.scope, {"JobName": "last"})["JobRuns"][0]["PredecessorRuns"][0] == {
        "JobName": "a",
        "RunId": "jr_1",
    }
