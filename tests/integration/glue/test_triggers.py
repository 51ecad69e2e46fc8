"""When triggers fire, and when they stay silent."""

from __future__ import annotations

import pytest

from tests.integration.glue.account import Account, refusal


def job_condition(job: str, state: str = "SUCCEEDED") -> dict:
    return {"LogicalOperator": "EQUALS", "JobName": job, "State": state}


def after(*conditions: dict, logical: str = "AND") -> dict:
    return {"Logical": logical, "Conditions": list(conditions)}


def test_job_started_by_hand_fires_nothing_and_started_by_a_trigger_fires(account: Account):  # G1
    first, second = account.job(), account.job()
    by_trigger = account.trigger("ON_DEMAND", {"JobName": first})
    then = account.trigger("CONDITIONAL", {"JobName": second}, Predicate=after(job_condition(first)))

    assert account.run(first)["JobRunState"] == "SUCCEEDED"
    account.glue.start_trigger(Name=by_trigger)
    (followed,) = account.wait_for_runs(second, 1)

    # had the run by hand fired it too, there would be a run more: it ended before the trigger's began
    triggered = next(run for run in account.runs(first) if run.get("TriggerName"))
    assert triggered["TriggerName"] == by_trigger
    assert followed["TriggerName"] == then
    assert followed["StartedOn"] >= triggered["StartedOn"]
    assert len(account.runs(second)) == 1


def test_crawler_started_by_hand_fires_nothing_and_started_by_a_trigger_fires(account: Account):  # G2
    account.put(f"{account.prefix}/by-hand/a.csv", "id,wheels\n1,4\n2,3\n")
    crawler, job = account.crawler(f"{account.prefix}/by-hand/"), account.job()
    by_trigger = account.trigger("ON_DEMAND", {"CrawlerName": crawler})
    condition = {"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": "SUCCEEDED"}
    account.trigger("CONDITIONAL", {"JobName": job}, Predicate=after(condition))

    assert account.crawl(crawler)["Status"] == "SUCCEEDED"
    assert account.runs(job) == []
    account.glue.start_trigger(Name=by_trigger)
    account.wait_for_runs(job, 1)

    assert len(account.runs(job)) == 1


def test_states_of_triggers_follow_start_and_stop(account: Account):  # G3
    job = account.job()
    on_demand = account.trigger("ON_DEMAND", {"JobName": job})
    scheduled = account.trigger("SCHEDULED", {"JobName": job}, Schedule="cron(0 0 1 1 ? 2099)")
    active = account.trigger("SCHEDULED", {"JobName": job}, Schedule="cron(0 0 1 1 ? 2099)", StartOnCreation=True)

    def state(name: str, *expected: str) -> str:
        return account.wait(
            lambda: account.glue.get_trigger(Name=name)["Trigger"]["State"],
            lambda seen: seen in expected,
            f"trigger {name} becomes {expected}",
        )

    assert [state(on_demand, "CREATED"), state(scheduled, "CREATED")] == ["CREATED", "CREATED"]
    state(active, "ACTIVATED")
    account.glue.stop_trigger(Name=active)
    state(active, "DEACTIVATED")
    account.glue.start_trigger(Name=scheduled)
    state(scheduled, "ACTIVATED")
    account.glue.start_trigger(Name=on_demand)
    account.wait_for_runs(job, 1)
    state(on_demand, "CREATED")


def test_trigger_that_was_stopped_does_not_fire(account: Account):  # G3
    first, silent, heard = account.job(), account.job(), account.job()
    start = account.trigger("ON_DEMAND", {"JobName": first})
    stopped = account.trigger("CONDITIONAL", {"JobName": silent}, Predicate=after(job_condition(first)))
    account.trigger("CONDITIONAL", {"JobName": heard}, Predicate=after(job_condition(first)))
    account.glue.stop_trigger(Name=stopped)
    account.wait(
        lambda: account.glue.get_trigger(Name=stopped)["Trigger"]["State"],
        lambda seen: seen == "DEACTIVATED",
        "the trigger stops",
    )
    account.glue.start_trigger(Name=start)
    account.wait_for_runs(heard, 1)

    assert account.runs(silent) == []


def test_predicates_combine_conditions_with_and_or_any(account: Account):  # G4
    good, bad = account.job(), account.job("fail", MaxRetries=0)
    start = account.trigger("ON_DEMAND", {"JobName": good}, {"JobName": bad})
    with_all, with_any, with_failure, never = (account.job() for _ in range(4))
    both = (job_condition(good), job_condition(bad, "FAILED"))
    account.trigger("CONDITIONAL", {"JobName": with_all}, Predicate=after(*both))
    any_of = after(job_condition(good), job_condition(bad), logical="ANY")
    account.trigger("CONDITIONAL", {"JobName": with_any}, Predicate=any_of)
    account.trigger("CONDITIONAL", {"JobName": with_failure}, Predicate=after(job_condition(bad, "FAILED")))
    account.trigger("CONDITIONAL", {"JobName": never}, Predicate=after(job_condition(good), job_condition(bad)))

    account.glue.start_trigger(Name=start)
    for job in (with_all, with_any, with_failure):
        assert len(account.wait_for_runs(job, 1)) == 1
    assert account.runs(never) == []


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"JobName": "j", "State": "RUNNING"}, id="job-that-runs"),
        pytest.param({"CrawlerName": "c", "CrawlState": "RUNNING"}, id="crawl-that-runs"),
        pytest.param({"JobName": "j"}, id="no-state"),
        pytest.param({"State": "SUCCEEDED"}, id="nothing-watched"),
    ],
)
def test_conditions_that_cannot_be_watched_are_refused(account: Account, condition: dict):  # G4
    code = refusal(
        account.glue.create_trigger,
        Name=account.name("trigger"),
        Type="CONDITIONAL",
        Actions=[{"JobName": "j"}],
        Predicate={"Logical": "AND", "Conditions": [{"LogicalOperator": "EQUALS", **condition}]},
    )
    assert code == "InvalidInputException"


def test_trigger_starts_at_most_two_crawlers(account: Account):  # G11
    actions = [{"CrawlerName": f"crawler{number}"} for number in range(3)]
    code = refusal(account.glue.create_trigger, Name=account.name("trigger"), Type="ON_DEMAND", Actions=actions)
    assert code == "InvalidInputException"


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param("cron(0 12 * * *)", id="five-fields"),
        pytest.param("cron(0 12 1 * 2 *)", id="no-question-mark"),
        pytest.param("cron(* * * * ? *)", id="every-minute"),
        pytest.param("cron(61 12 * * ? *)", id="minute-61"),
        pytest.param("rate(5 minutes)", id="rate"),
    ],
)
def test_schedules_that_glue_does_not_know_are_refused(account: Account, schedule: str):  # G12
    code = refusal(
        account.glue.create_trigger,
        Name=account.name("trigger"),
        Type="SCHEDULED",
        Actions=[{"JobName": "j"}],
        Schedule=schedule,
    )
    assert code == "InvalidInputException"


def test_update_changes_job_trigger_and_workflow(account: Account):  # G3, G7
    glue, first, second = account.glue, account.job(), account.job()
    definition = glue.get_job(JobName=first)["Job"]
    update = {"Role": definition["Role"], "Command": definition["Command"], "MaxCapacity": 1.0, "Timeout": 7}
    glue.update_job(JobName=first, JobUpdate=update)
    job = glue.get_job(JobName=first)["Job"]
    assert (job["Timeout"], job["MaxCapacity"]) == (7, 1.0)
    assert not job.get("DefaultArguments")  # replaced whole: what the update does not say is gone

    trigger = account.trigger("ON_DEMAND", {"JobName": first})
    glue.update_trigger(Name=trigger, TriggerUpdate={"Actions": [{"JobName": second}], "Description": "new"})
    found = glue.get_trigger(Name=trigger)["Trigger"]
    assert (found["Type"], found["Description"]) == ("ON_DEMAND", "new")
    assert [action["JobName"] for action in found["Actions"]] == [second]

    workflow = account.workflow(Description="old", DefaultRunProperties={"a": "1"})
    glue.update_workflow(Name=workflow, Description="new", DefaultRunProperties={"b": "2"})
    changed = glue.get_workflow(Name=workflow)["Workflow"]
    assert (changed["Description"], changed["DefaultRunProperties"]) == ("new", {"b": "2"})
