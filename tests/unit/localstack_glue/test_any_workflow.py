"""For any workflow, the triggers that the shared rules predict are those that the service fires (G4-G6)."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from glue_triggers.conditions import Kind, Node
from glue_triggers.pipeline import Trigger
from glue_triggers.reach import fired_in
from localstack_glue.service import answers
from localstack_glue.service.models import glue_stores
from tests.unit.localstack_glue.conftest import GlueHarness

JOBS = ("a", "b", "c", "d")
STATES = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")


@st.composite
def conditional(draw: st.DrawFn) -> dict[str, Any]:
    watched = draw(st.lists(st.sampled_from(JOBS), min_size=1, max_size=3))
    started = draw(st.sampled_from(JOBS).filter(lambda job: job not in watched or len({*watched}) == len(JOBS)))
    conditions = [
        {"LogicalOperator": "EQUALS", "JobName": job, "State": draw(st.sampled_from(STATES))}
        for job in watched
        if job != started
    ]
    return {
        "Predicate": {"Logical": draw(st.sampled_from(("AND", "ANY"))), "Conditions": conditions},
        "Actions": [{"JobName": started}],
        "StartOnCreation": draw(st.sampled_from((True, True, False))),
    }


@settings(max_examples=60, deadline=None)
@given(
    starts=st.lists(st.sampled_from(JOBS), min_size=1, max_size=2, unique=True),
    conditionals=st.lists(conditional(), max_size=5),
    ends=st.fixed_dictionaries({job: st.sampled_from(STATES) for job in JOBS}),
)
def test_triggers_that_the_rules_name_are_those_that_fire(starts, conditionals, ends):
    glue_stores.reset()
    glue = GlueHarness()
    for job in JOBS:
        glue.add_job(job, ExecutionProperty={"MaxConcurrentRuns": 99})
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": job} for job in starts], WorkflowName="w")
    for number, definition in enumerate(conditionals):
        glue.triggers.create(
            glue.scope, {"Name": f"t{number}", "Type": "CONDITIONAL", "WorkflowName": "w", **definition}
        )
    triggers = [
        Trigger.from_request(answers.trigger(trigger), name, is_active=trigger.state == "ACTIVATED")
        for name, trigger in glue.store.triggers.items()
    ]

    glue.start_workflow_run("w")
    while glue.job_executor.started:
        glue.end_job(ends[glue.job_executor.started[0][1].job_name], position=0)
        glue.job_executor.started.pop(0)

    (run,) = glue.store.workflows["w"].runs
    assert run.fired == set(fired_in(triggers, {Node(Kind.JOB, job): state for job, state in ends.items()}))
    glue_stores.reset()
