import pytest

from plan_review.conditions import values_at
from plan_review.errors import ReviewInputError
from plan_review.levels import Level
from plan_review.policy_report import PolicyFailure
from plan_review.review import Basis, review
from plan_review.rules import load_rules
from quartal.core.errors import ToolchainError
from quartal.deploy.checkov import parse_report


def test_own_rule_joins_the_bundled_ones(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "rules:\n  - id: few-workers\n    types: [aws_glue_job]\n    level: change\n"
        "    when: [{attribute: number_of_workers, increases: true}]\n    sentence: More workers.\n"
    )
    book = load_rules(tmp_path / "own.yaml")
    assert {"few-workers", "bucket-destroyed"} <= {rule.id for rule in book.rules}


def test_own_rule_replaces_the_bundled_one_of_its_id_and_levels(tmp_path, reviewed, basis):
    (tmp_path / "own.yaml").write_text(
        "levels: {schedule-changed: note, unjudged-attribute: note, output-removed: note}\n"
        "rules:\n  - id: retention-shortened\n    types: [aws_cloudwatch_log_group]\n"
        "    level: note\n    sentence: Fine.\n"
    )
    plan = reviewed("update").plan
    own = Basis(basis.environment, load_rules(tmp_path / "own.yaml"), None, basis.usage, basis.policies, basis.now)
    assert review(plan, own).verdict.decision.value == "apply"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("rules: [{id: x}]", id="a field is missing"),
        pytest.param("rulez: []", id="a key nobody knows"),
        pytest.param("levels: {drift: sometimes}", id="no such level"),
        pytest.param("levels: {weather: note}", id="no such finding"),
        pytest.param("rules: [", id="no YAML"),
    ],
)
def test_rules_that_cannot_be_read_are_refused_by_file_name(tmp_path, text):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ReviewInputError, match=r"own\.yaml"):
        load_rules(tmp_path / "own.yaml")


def test_level_blocks_above_every_approval():
    assert max(Level) is Level.BLOCKED


@pytest.mark.parametrize(
    ("path", "expected"), [("a", {"b": [{"c": 1}]}), ("a.b[0].c", 1), ("a.b[1].c", None), ("x.y", None)]
)
def test_value_is_found_by_its_path(path, expected):
    assert values_at({"a": {"b": [{"c": 1}]}}, path) == [expected]


def checkov_report(**results) -> str:
    import json

    empty = {"passed_checks": [], "failed_checks": [], "skipped_checks": []}
    return json.dumps({"check_type": "terraform_plan", "results": empty | results})


def test_checkov_failures_are_read_with_the_full_address():
    failed = {
        "check_id": "CKV_AWS_7",
        "check_name": "Rotation",
        "resource": "aws_kms_key.this",
        "resource_address": "module.lake.aws_kms_key.this",
    }
    report = parse_report(checkov_report(failed_checks=[failed], passed_checks=[{}, {}]))
    assert (report.ran, report.passed, report.failures) == (
        True,
        2,
        (PolicyFailure("CKV_AWS_7", "Rotation", "module.lake.aws_kms_key.this"),),
    )


def test_checkov_that_prints_no_report_is_an_error_not_a_pass():
    with pytest.raises(ToolchainError, match="policies were not checked"):
        parse_report("Traceback")


def test_only_failures_of_touched_resources_need_approval(reviewed, basis):
    plan = reviewed("update").plan
    report = parse_report(
        checkov_report(
            failed_checks=[
                {"check_id": "A", "check_name": "a", "resource": "aws_glue_job.features"},
                {"check_id": "B", "check_name": "b", "resource": "module.lake.aws_kms_key.this"},
            ]
        )
    )
    made = review(plan, Basis(basis.environment, basis.rules, None, basis.usage, report, basis.now))
    assert [reason.address for reason in made.verdict.reasons if reason.rule == "policy-failed"] == [
        "aws_glue_job.features"
    ]
    assert len(made.policies.failures) == 2
