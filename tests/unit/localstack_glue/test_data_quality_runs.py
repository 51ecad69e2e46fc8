"""Evaluations of rulesets over catalog tables, from their start to their results; moto plays the catalog and S3."""

import json
import threading
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from moto import mock_aws

from localstack_glue.data_quality.evaluation_runs import EvaluationRuns
from localstack_glue.data_quality.results import judge
from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.service.clients import Credentials
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import Ruleset
from localstack_glue.workflows.orphaned_runs import end_what_ran
from tests.unit.localstack_glue.athena_lake import Lake, client

SOURCE = {"GlueTable": {"DatabaseName": "feeds", "TableName": "orders"}}
REQUEST = {"DataSource": SOURCE, "Role": "quality", "RulesetNames": ["orders"]}


class Clients:
    """What a run is given: a role's clients, which moto answers."""

    endpoint_url = "http://localhost"

    def __init__(self) -> None:
        self.roles = []

    def assume_role(self, scope, role, session_name):
        self.roles.append(role)
        if role == "stranger":
            raise RoleNotAssumableError(role)
        return Credentials("role", "secret", "token")

    def with_credentials(self, service, scope, credentials):
        assert credentials.access_key_id == "role"
        made = client(service)
        return type("Kept", (), {"__getattr__": lambda _, name: getattr(made, name), "close": lambda _: None})()


@pytest.fixture
def runs(glue):
    with mock_aws():
        lake = Lake()
        lake.put("orders/a.csv", "1,US\n2,\n")
        lake.table("orders", "Id int; country string")
        lake.table("other", "id int")
        lake.put("other/a.csv", "1\n")
        made = EvaluationRuns(glue.clock, threading.RLock(), Clients())
        yield made
        made.drain()


def ruleset(glue, rules, name="orders"):
    glue.scope.store.rulesets[name] = Ruleset(name, rules, glue.clock.now(), glue.clock.now())


def finished(runs, glue, **changes):
    run_id = runs.start(glue.scope, REQUEST | changes)["RunId"]
    ended = threading.Event()
    runs.ended.add(lambda *_: ended.set())
    if run_id in runs._running:
        runs._running[run_id][0].join(60)
    return runs.get(glue.scope, {"RunId": run_id})


def test_ruleset_is_judged_and_its_result_found(runs, glue):
    ruleset(
        glue,
        'DefaultLabels = ["team"="x"]\nRules = [ RowCount = 2, IsComplete "country", '
        'ReferentialIntegrity "id" "other.id" = 0.5 ]\nAnalyzers = [ Completeness "id" ]',
    )
    others = {"other": {"GlueTable": {"DatabaseName": "feeds", "TableName": "OTHER"}}}
    run = finished(runs, glue, AdditionalDataSources=others, ClientToken="once")
    assert (run["Status"], run.get("ErrorString"), run["DataSource"]) == ("SUCCEEDED", None, SOURCE)
    result = runs.get_result(glue.scope, {"ResultId": run["ResultIds"][0]})
    # LazySimpleSerDe reads an empty text as one
    assert [each["Result"] for each in result["RuleResults"]] == ["PASS", "PASS", "PASS"]
    assert result["RuleResults"][0] == {
        "Name": "Rule_1",
        "Description": "RowCount = 2",
        "EvaluatedRule": "RowCount = 2",
        "Result": "PASS",
        "EvaluatedMetrics": {"Dataset.*.RowCount": 2.0},
        "Labels": {"team": "x"},
    }
    assert (result["Score"], result["RulesetName"]) == (1.0, "orders")
    assert result["AnalyzerResults"][0]["EvaluatedMetrics"] == {"Column.id.Completeness": 1.0}
    assert runs.list_results(glue.scope, {})["Results"][0]["ResultId"] == run["ResultIds"][0]
    again = REQUEST | {"ClientToken": "once", "AdditionalDataSources": others}
    assert runs.start(glue.scope, again)["RunId"] == run["RunId"]
    many = runs.batch_get_results(glue.scope, {"ResultIds": [run["ResultIds"][0], "none"]})
    assert (len(many["Results"]), many["ResultsNotFound"]) == (1, ["none"])


def test_runs_and_results_are_listed_by_table(runs, glue):
    ruleset(glue, "Rules = [ RowCount = 2 ]")
    run = finished(runs, glue, ClientToken="once")
    same = {"GlueTable": {"DatabaseName": "Feeds", "TableName": "ORDERS", "CatalogId": glue.scope.account_id}}
    other = {"GlueTable": {"DatabaseName": "feeds", "TableName": "other"}}
    for list_all, member in ((runs.list_runs, "Runs"), (runs.list_results, "Results")):
        assert len(list_all(glue.scope, {"Filter": {"DataSource": same}})[member]) == 1
        assert list_all(glue.scope, {"Filter": {"DataSource": other}})[member] == []
    with pytest.raises(InvalidInputException, match=run["RunId"]):
        runs.start(glue.scope, REQUEST | {"ClientToken": "once", "DataSource": other})


def test_non_numeric_metrics_are_left_out():
    rules = 'Rules = [ ColumnValues "n" < 10 ]'
    result = judge(rules, {"primary": pa.table({"n": [1.0, float("nan")]})}, datetime.now(UTC))
    assert json.dumps(result, allow_nan=False)
    assert result["RuleResults"][0]["Result"] == "FAIL"


def test_broken_rules_lower_the_score(runs, glue):
    ruleset(glue, 'Rules = [ RowCount = 3, ColumnExists "id" ]')
    result = runs.get_result(glue.scope, {"ResultId": finished(runs, glue)["ResultIds"][0]})
    assert (result["Score"], result["AggregatedMetrics"]["TotalRulesFailed"]) == (0.5, 1.0)
    assert result["RuleResults"][0]["EvaluationMessage"] == "Value: 2 does not meet the constraint requirement!"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"DataSource": {"GlueTable": {"DatabaseName": "feeds", "TableName": "gone"}}}, "feeds.gone"),
        ({"Role": "stranger"}, "unable to assume role stranger"),
    ],
)
def test_unreadable_source_fails_the_run(runs, glue, changes, named):
    ruleset(glue, "Rules = [ RowCount = 2 ]")
    run = finished(runs, glue, **changes)
    assert run["Status"] == "FAILED"
    assert named in run["ErrorString"]
    assert "ResultIds" not in run


def test_invalid_where_fails_the_run(runs, glue):
    ruleset(glue, 'Rules = [ RowCount = 2 where "gone = 1" ]')
    run = finished(runs, glue)
    assert (run["Status"], "ResultIds" in run) == ("FAILED", False)
    assert run["ErrorString"].startswith('Rule RowCount = 2 where "gone = 1" has provided an invalid where clause : ')


@pytest.mark.parametrize(
    ("rules", "changes", "named"),
    [
        ("Rules = [ DetectAnomalies of RowCount ]", {}, "DetectAnomalies is not supported here"),
        ("Rules = [ RowCount > avg(last(3)) ]", {}, "dynamic rule"),
        ("Rules = [ RowCount ]", {}, "needs a condition"),
        ("Rules = [ RowCount > 0 ]", {"AdditionalRunOptions": {"ResultsS3Prefix": "s3://x"}}, "ResultsS3Prefix"),
        ("Rules = [ RowCount > 0 ]", {"AdditionalRunOptions": {"CompositeRuleEvaluationMethod": "ROW"}}, "ROW"),
        ("Rules = [ RowCount > 0 ]", {"DataSource": {"DataQualityGlueTable": {}}}, "DataQualityGlueTable"),
        ("Rules = [ RowCount > 0 ]", {"DataSource": {**SOURCE, "DataQualityGlueTable": {}}}, "DataQualityGlueTable"),
        ("Rules = [ RowCount > 0 ]", {"DataSource": {}}, "needs a GlueTable"),
    ],
)
def test_unsupported_rules_are_refused_at_the_start(runs, glue, rules, changes, named):
    ruleset(glue, rules)
    with pytest.raises(InvalidInputException, match=named):
        runs.start(glue.scope, REQUEST | changes)


def test_unknown_names_are_not_found(runs, glue):
    with pytest.raises(EntityNotFoundException, match="Ruleset orders"):
        runs.start(glue.scope, REQUEST)
    with pytest.raises(EntityNotFoundException, match="Run x"):
        runs.get(glue.scope, {"RunId": "x"})
    with pytest.raises(EntityNotFoundException, match="Result x"):
        runs.get_result(glue.scope, {"ResultId": "x"})


def test_run_that_was_stopped_has_no_results(runs, glue):
    ruleset(glue, "Rules = [ RowCount = 2 ]")
    with runs._lock:  # the thread cannot end before it is stopped
        run_id = runs.start(glue.scope, REQUEST)["RunId"]
        thread = runs._running[run_id][0]
        runs.cancel(glue.scope, {"RunId": run_id})
    thread.join(60)
    run = runs.get(glue.scope, {"RunId": run_id})
    assert (run["Status"], run.get("ResultIds")) == ("STOPPED", None)
    with pytest.raises(InvalidInputException, match="has ended"):
        runs.cancel(glue.scope, {"RunId": run_id})


def test_run_that_the_service_left_behind_has_failed(runs, glue):
    ruleset(glue, "Rules = [ RowCount = 2 ]")
    with runs._lock:
        run_id = runs.start(glue.scope, REQUEST)["RunId"]
        thread = runs._running[run_id][0]
        assert end_what_ran(glue.scope.store, glue.clock.now()) == 1
        assert runs.get(glue.scope, {"RunId": run_id})["ErrorString"].startswith("Evaluation run was interrupted")
    thread.join(60)
