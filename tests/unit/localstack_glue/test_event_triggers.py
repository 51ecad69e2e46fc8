"""EVENT triggers: batches of events start runs, and only permitted rules deliver them (G32)."""

from typing import Any

import pytest

from localstack_glue.events.workflow_delivery import DeliveryError, deliver, workflow_targets
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException, ServiceError
from tests.unit.localstack_glue.workflow_events import MAY_NOTIFY, ROLE, RULE, WORKFLOW, FakeReceiver


@pytest.fixture
def arrivals(glue: Any) -> Any:
    """A workflow that each event starts; batches are for the tests to ask for."""
    glue.add_job("etl", ExecutionProperty={"MaxConcurrentRuns": 9})
    glue.workflows.create(glue.scope, {"Name": "arrivals", "DefaultRunProperties": {"season": "spring"}})
    glue.add_trigger("arrival", "EVENT", [{"JobName": "etl"}], WorkflowName="arrivals")
    return glue


def notify(glue: Any, *event_ids: str) -> None:
    for event_id in event_ids:
        glue.event_triggers.notify(glue.scope, "arrivals", event_id)


def runs(glue: Any) -> list[dict[str, Any]]:
    """The runs of the workflow, oldest first."""
    found: list[dict[str, Any]] = glue.workflows.get_runs(glue.scope, {"Name": "arrivals"})["Runs"]
    return found[::-1]


def ask_for_batches(glue: Any, **condition: int) -> None:
    update = {"Actions": [{"JobName": "etl"}], "EventBatchingCondition": condition}
    glue.triggers.update(glue.scope, {"Name": "arrival", "TriggerUpdate": update})


def test_each_event_starts_a_run_without_a_batching_condition(arrivals):  # G32
    notify(arrivals, "one", "two")

    assert [run["WorkflowRunProperties"] for run in runs(arrivals)] == [
        {"season": "spring", "aws:eventIds": "[one]"},
        {"season": "spring", "aws:eventIds": "[two]"},
    ]
    assert [run["StartingEventBatchCondition"] for run in runs(arrivals)] == [{"BatchSize": 1}] * 2
    assert arrivals.started_jobs == ["etl", "etl"]


def test_full_batch_starts_one_run_and_the_next_event_begins_another_batch(arrivals):  # G32
    ask_for_batches(arrivals, BatchSize=2)

    notify(arrivals, "one")
    assert runs(arrivals) == []
    notify(arrivals, "two", "three")

    (run,) = runs(arrivals)
    assert run["StartingEventBatchCondition"] == {"BatchSize": 2}
    assert run["WorkflowRunProperties"]["aws:eventIds"] == "[one, two]"
    notify(arrivals, "four")
    assert runs(arrivals)[1]["WorkflowRunProperties"]["aws:eventIds"] == "[three, four]"


def test_run_without_an_event_has_no_batch_properties(arrivals):
    arrivals.workflows.start_run(arrivals.scope, {"Name": "arrivals"})

    assert "StartingEventBatchCondition" not in runs(arrivals)[0]


def test_update_of_a_trigger_keeps_the_events_that_wait(arrivals):
    ask_for_batches(arrivals, BatchSize=3)
    notify(arrivals, "one")
    ask_for_batches(arrivals, BatchSize=2)
    notify(arrivals, "two")

    assert runs(arrivals)[0]["WorkflowRunProperties"]["aws:eventIds"] == "[one, two]"


def test_update_of_a_trigger_ends_its_batches_where_it_names_none(arrivals):
    ask_for_batches(arrivals, BatchSize=2)
    update = {"Description": "new", "Actions": [{"JobName": "etl"}]}
    arrivals.triggers.update(arrivals.scope, {"Name": "arrival", "TriggerUpdate": update})
    notify(arrivals, "one")

    assert len(runs(arrivals)) == 1
    trigger = arrivals.triggers.get(arrivals.scope, {"Name": "arrival"})["Trigger"]
    assert ("EventBatchingCondition" in trigger, trigger["Description"]) == (False, "new")


def test_events_above_the_limit_leave_a_run_in_error_and_are_not_tried_again(arrivals):  # G7, G8
    arrivals.workflows.update(arrivals.scope, {"Name": "arrivals", "MaxConcurrentRuns": 1})

    notify(arrivals, "one", "two")
    arrivals.end_job()

    assert [(run["Status"], run.get("ErrorMessage")) for run in runs(arrivals)] == [
        ("COMPLETED", None),
        ("ERROR", "Concurrent runs exceeded for workflow: arrivals"),
    ]
    assert arrivals.started_jobs == ["etl"]


def test_workflow_that_no_event_starts_refuses_events(glue):
    glue.add_quarterly_workflow()

    with pytest.raises(InvalidInputException, match="does not have an EVENT trigger"):
        glue.event_triggers.notify(glue.scope, "quarterly", "one")
    with pytest.raises(EntityNotFoundException):
        glue.event_triggers.notify(glue.scope, "unknown", "one")
    assert glue.started_crawls == []


def test_event_trigger_stays_created_and_can_be_neither_started_nor_stopped(arrivals):  # G3, G32
    with pytest.raises(InvalidInputException, match="Trigger Type EVENT cannot be started"):
        arrivals.triggers.start(arrivals.scope, {"Name": "arrival"})
    with pytest.raises(InvalidInputException, match="not allowed when trigger is in state: CREATED"):
        arrivals.triggers.stop(arrivals.scope, {"Name": "arrival"})
    actions = [{"JobName": "etl"}]
    with pytest.raises(InvalidInputException, match="StartOnCreation"):
        arrivals.add_trigger("other", "EVENT", actions, WorkflowName="arrivals", StartOnCreation=True)

    assert arrivals.triggers.get(arrivals.scope, {"Name": "arrival"})["Trigger"]["State"] == "CREATED"


# ------------------------------------------------------------------------------------------------ delivery


@pytest.mark.parametrize(
    "trust",
    [
        pytest.param({}, id="any-rule"),
        pytest.param({"Condition": {"ArnEquals": {"aws:SourceArn": RULE}}}, id="this-rule"),
        pytest.param({"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}, id="this-account"),
    ],
)
def test_rule_whose_role_may_notify_reaches_the_workflow(trust):  # G32
    receiver = FakeReceiver(MAY_NOTIFY, trust=trust)

    deliver(receiver, WORKFLOW, ROLE, RULE, "one")

    assert receiver.heard == [("111122223333", "us-east-1", "arrivals", "one")]
    assert receiver.guard is not None
    assert receiver.guard.describe()[ROLE]["calls"] == [{"action": "glue:NotifyEvent", "allowed": 1, "denied": 0}]


@pytest.mark.parametrize(
    ("receiver", "role", "reason"),
    [
        pytest.param(FakeReceiver(), ROLE, "glue:NotifyEvent", id="may-not"),
        pytest.param(FakeReceiver(MAY_NOTIFY | {"Resource": f"{WORKFLOW}2"}), ROLE, WORKFLOW, id="another-workflow"),
        pytest.param(
            FakeReceiver(MAY_NOTIFY, trust={"Principal": {"Service": "glue.amazonaws.com"}}),
            ROLE,
            "unable to assume role",
            id="no-trust",
        ),
        pytest.param(
            FakeReceiver(MAY_NOTIFY, trust={"Condition": {"ArnEquals": {"aws:SourceArn": f"{RULE}2"}}}),
            ROLE,
            "unable to assume role",
            id="trust-in-another-rule",
        ),
        pytest.param(FakeReceiver(MAY_NOTIFY), f"{ROLE}2", "unable to assume role", id="no-role"),
    ],
)
def test_rule_whose_role_may_not_notify_starts_nothing(receiver, role, reason):
    with pytest.raises(DeliveryError, match=reason):
        deliver(receiver, WORKFLOW, role, RULE, "one")
    assert receiver.heard == []


def test_role_is_not_checked_if_roles_are_not_enforced():
    receiver = FakeReceiver(enforced=False)
    deliver(receiver, WORKFLOW, f"{ROLE}2", RULE, "one")
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("arn", ["arn:aws:glue:us-east-1:111122223333:job/etl", "arn:aws:glue"])
def test_target_that_is_no_workflow_gets_nothing(arn):
    receiver = FakeReceiver(MAY_NOTIFY)
    with pytest.raises(DeliveryError, match="not the ARN of a workflow"):
        deliver(receiver, arn, ROLE, RULE, "one")
    assert receiver.heard == []


def test_workflow_without_a_role_is_refused_as_a_target():
    queue = {"Id": "q", "Arn": "arn:aws:sqs:us-east-1:111122223333:glue"}
    target = {"Id": "w", "Arn": WORKFLOW, "RoleArn": ROLE}
    assert workflow_targets([queue, target]) == [target]
    with pytest.raises(ServiceError, match=f"RoleArn is required for target {WORKFLOW}.") as refused:
        workflow_targets([queue, {"Id": "w", "Arn": WORKFLOW}])
    assert refused.value.code == "ValidationException"
