"""A workflow is started once, for any fate of the call or its response."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from quartal.core.errors import AwsError, NotDeployedError, PipelineError, UnknownOutcomeError
from quartal.runs.workflow_start import START_TOKEN, start_workflow_run
from tests.unit.quartal.lost_answers import (
    Faulty,
    broken_off,
    denied,
    expired,
    refusal,
    reset,
    server_error,
    throttled,
    unreachable,
)


class Workflow:
    """Glue's side of one workflow, which allows one run at a time (G8) and lists its runs with their properties."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []

    def start_workflow_run(self, Name: str, RunProperties: dict[str, str]) -> dict[str, str]:
        if any(run["Status"] == "RUNNING" for run in self.runs):
            raise refusal("ConcurrentRunsExceededException", 400, "StartWorkflowRun")
        run_id = f"wr_{len(self.runs) + 1}"
        self.runs.append({"WorkflowRunId": run_id, "Status": "RUNNING", "WorkflowRunProperties": RunProperties})
        return {"RunId": run_id}

    def get_workflow_runs(self, Name: str, NextToken: str = "0") -> dict[str, Any]:
        begin = int(NextToken)
        end = begin + 25
        more = {"NextToken": str(end)} if end < len(self.runs) else {}
        return {"Runs": self.runs[begin:end], **more}  # the oldest first: the order is not documented


class Reader(Faulty):
    """Pages of calls, each of which may fail."""

    def get_paginator(self, operation: str) -> SimpleNamespace:
        def paginate(**request: str) -> Iterator[dict[str, Any]]:
            page = getattr(self, operation)(**request)
            yield page
            while "NextToken" in page:
                page = getattr(self, operation)(**request, NextToken=page["NextToken"])
                yield page

        return SimpleNamespace(paginate=paginate)


class Place:
    def __init__(self) -> None:
        self.workflow = Workflow()
        self.starter, self.reader = Faulty(self.workflow), Reader(self.workflow)
        self.pauses: list[float] = []

    def start(self) -> str:
        return start_workflow_run(
            self.starter, self.reader, "flow", {"delivery": "2024Q1"}, show="`quartal status`", sleep=self.pauses.append
        )


@pytest.fixture
def place() -> Place:
    return Place()


def test_start_passes_the_run_properties_and_a_token_of_its_own(place):  # G10
    assert place.start() == "wr_1"
    properties = place.workflow.runs[0]["WorkflowRunProperties"]
    assert properties.keys() == {"delivery", START_TOKEN}
    assert properties["delivery"] == "2024Q1"
    assert place.pauses == []


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [reset, server_error, broken_off])
def test_start_whose_answer_is_lost_is_one_run_and_it_is_found(place, moment, error):
    getattr(place.starter, moment)("start_workflow_run", error)
    assert place.start() == "wr_1"
    assert len(place.workflow.runs) == 1


def test_start_whose_answer_breaks_off_before_the_id_is_found(place):
    started = place.workflow.start_workflow_run
    place.workflow.start_workflow_run = lambda **request: started(**request) and {}
    assert place.start() == "wr_1"


def test_run_that_is_listed_a_little_later_is_found_and_not_started_again(place):
    shown = place.workflow.get_workflow_runs
    answers = iter([{"Runs": []}, {"Runs": []}])
    place.workflow.get_workflow_runs = lambda **request: next(answers, None) or shown(**request)
    place.starter.after("start_workflow_run", reset)
    assert place.start() == "wr_1"
    assert place.starter.calls == ["start_workflow_run"]


def test_runs_that_cannot_be_listed_for_a_while_are_listed_in_the_end(place):
    place.starter.after("start_workflow_run", reset)
    place.reader.before("get_workflow_runs", throttled, 3)
    assert place.start() == "wr_1"
    assert len(place.workflow.runs) == 1


def test_own_first_call_is_not_taken_for_a_run_of_another(place):  # G8
    listed = place.workflow.get_workflow_runs
    hidden = iter([{"Runs": []}] * 4)  # for as long as the first lost answer is looked into
    place.workflow.get_workflow_runs = lambda **request: next(hidden, None) or listed(**request)
    place.starter.after("start_workflow_run", reset)
    assert place.start() == "wr_1"
    assert place.starter.calls == ["start_workflow_run"] * 2
    assert len(place.workflow.runs) == 1


def test_run_whose_workflow_is_not_shown_to_the_second_call_is_found(place):
    listed = place.workflow.get_workflow_runs
    hidden = iter([{"Runs": []}] * 4)  # for as long as the first lost answer is looked into
    place.workflow.get_workflow_runs = lambda **request: next(hidden, None) or listed(**request)
    started, answers = place.workflow.start_workflow_run, iter([reset(), refusal("EntityNotFoundException", 400)])

    def start(**request):
        if not place.workflow.runs:
            started(**request)
        raise next(answers)

    place.workflow.start_workflow_run = start
    assert place.start() == "wr_1"
    assert len(place.workflow.runs) == 1


def test_run_is_found_however_many_are_listed_before_it(place):
    for number in range(60):
        place.workflow.runs.append({"WorkflowRunId": f"wr_{number}", "Status": "COMPLETED"})
    place.starter.after("start_workflow_run", reset)
    assert place.start() == "wr_61"
    assert len(place.workflow.runs) == 61


def test_run_in_progress_that_glue_does_not_show_is_not_called_anothers(place):  # G8
    place.workflow.get_workflow_runs = lambda **_: {"Runs": []}
    place.starter.after("start_workflow_run", reset)
    with pytest.raises(UnknownOutcomeError, match="may be the one that this command started") as told:
        place.start()
    assert "Start another only if that run is not yours" in told.value.remedy


@pytest.mark.parametrize("error", [throttled, unreachable])
def test_call_without_effect_is_repeated(place, error):
    place.starter.before("start_workflow_run", error, 3)
    assert place.start() == "wr_1"
    assert place.reader.calls == []


@pytest.mark.parametrize("first", [None, reset])
def test_run_of_another_user_is_reported_as_such(place, first):  # G8
    place.workflow.start_workflow_run("flow", {"delivery": "2024Q1"})
    if first is not None:
        place.starter.before("start_workflow_run", first)
    with pytest.raises(PipelineError, match="already running") as told:
        place.start()
    assert "quartal status" in told.value.remedy


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(reset, "closed", id="reset"),
        pytest.param(server_error, "InternalServiceException", id="500"),
        pytest.param(throttled, "ThrottlingException", id="throttled"),
        pytest.param(unreachable, "Could not connect", id="unreachable"),
        pytest.param(expired, "ExpiredTokenException", id="expired"),
        pytest.param(denied, "AccessDeniedException", id="denied"),
    ],
)
def test_start_without_effect_is_reported_with_the_true_reason(place, error, reason):
    place.starter.before("start_workflow_run", error, None)
    with pytest.raises(AwsError, match="Workflow flow was not started") as told:
        place.start()
    assert reason in told.value.message
    assert place.workflow.runs == []


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("looking", [expired, denied, unreachable])
def test_start_that_cannot_be_looked_up_is_unknown_and_not_repeated(place, moment, looking):
    getattr(place.starter, moment)("start_workflow_run", reset)
    place.reader.before("get_workflow_runs", looking, None)
    with pytest.raises(UnknownOutcomeError, match="is not known") as told:
        place.start()
    assert place.starter.calls == ["start_workflow_run"]
    assert told.value.exit_code == 5
    assert "`quartal status` shows" in told.value.remedy


def test_missing_workflow_is_reported_with_the_command_that_deploys_it(place):
    place.starter.before("start_workflow_run", lambda: refusal("EntityNotFoundException", 400))
    with pytest.raises(NotDeployedError, match="There is no workflow flow"):
        place.start()
