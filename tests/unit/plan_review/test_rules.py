"""Each bundled rule about single resources finds what it is about, and nothing beside it."""

from dataclasses import replace
from pathlib import Path

import pytest

import plan_review
from plan_review.levels import Level
from plan_review.parse import parse_plan
from plan_review.render_text import render_text
from plan_review.review import review
from plan_review.rules import load_rules
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change

SAFE_BLOCK = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
KEY = {"enable_key_rotation": True, "is_enabled": True, "deletion_window_in_days": 30}
VERSIONED = {"bucket": "lake", "versioning_configuration": [{"status": "Enabled"}]}
SUSPENDED = {"bucket": "lake", "versioning_configuration": [{"status": "Suspended"}]}


def broken_rules(basis, environment: str, *changes: dict) -> dict[str, Level]:
    plan = parse_plan({"format_version": "1.2", "resource_changes": list(changes)})
    found = review(plan, replace(basis, environment=environment)).findings
    return {finding.rule: finding.level for finding in found}


@pytest.mark.parametrize(
    ("rule", "kind", "before", "after", "level"),
    [
        ("bucket-not-encrypted", "aws_s3_bucket_server_side_encryption_configuration", {"bucket": "a"}, None, "access"),
        ("key-not-rotated", "aws_kms_key", KEY, KEY | {"enable_key_rotation": False}, "access"),
        ("key-disabled", "aws_kms_key", KEY, KEY | {"is_enabled": False}, "data"),
        ("key-window-shortened", "aws_kms_key", KEY, KEY | {"deletion_window_in_days": 7}, "change"),
        (
            "public-acls-allowed",
            "aws_s3_bucket_public_access_block",
            SAFE_BLOCK,
            SAFE_BLOCK | {"block_public_acls": False},
            "blocked",
        ),
        (
            "public-policy-allowed",
            "aws_s3_bucket_public_access_block",
            None,
            SAFE_BLOCK | {"block_public_policy": False},
            "blocked",
        ),
        ("bucket-becomes-emptyable", "aws_s3_bucket", {"force_destroy": False}, {"force_destroy": True}, "data"),
        ("versioning-off", "aws_s3_bucket_versioning", VERSIONED, SUSPENDED, "data"),
        ("versioning-removed", "aws_s3_bucket_versioning", VERSIONED, None, "data"),
        ("store-destroyed", "aws_dynamodb_table", {"name": "t"}, None, "data"),
    ],
)
def test_rule_finds_its_violation(basis, rule, kind, before, after, level):
    found = broken_rules(basis, "dev", change(kind, before, after))
    assert found[rule] == Level[level.upper()]


def test_change_that_keeps_everything_safe_breaks_no_rule(basis):
    kept = [
        change("aws_kms_key", KEY, KEY | {"description": "lake"}),
        change("aws_s3_bucket_public_access_block", SAFE_BLOCK | {"block_public_acls": False}, SAFE_BLOCK),
        change("aws_s3_bucket_versioning", SUSPENDED, VERSIONED),
        change("aws_s3_bucket", {"force_destroy": True}, {"force_destroy": False}),
    ]
    assert broken_rules(basis, "prod", *kept) == {}


@pytest.mark.parametrize("after", [0, 1], ids=["none", "fewer"])
def test_backups_that_end_are_not_called_longer(basis, after):
    entry = change("aws_db_instance", {"backup_retention_period": 14}, {"backup_retention_period": after})
    assert broken_rules(basis, "dev", entry) == {"backups-fewer": Level.DATA}


def test_expiry_of_a_new_table_needs_less_consent_than_that_of_one_with_data(basis):
    table = {"name": "t", "ttl": [{"enabled": True, "attribute_name": "expires"}]}
    assert broken_rules(basis, "dev", change("aws_dynamodb_table", None, table))["rows-will-expire"] is Level.CHANGE
    assert (
        broken_rules(basis, "dev", change("aws_dynamodb_table", table | {"ttl": []}, table))["rows-expire"]
        is Level.DATA
    )


def test_lifecycle_of_a_repository_that_the_plan_creates_deletes_no_images(basis):
    repository = change("aws_ecr_repository", None, {"name": "r"})
    lifecycle = change("aws_ecr_lifecycle_policy", None, {"repository": "r", "policy": "{}"})
    assert "images-expire" in broken_rules(basis, "dev", lifecycle)
    assert "images-expire" not in broken_rules(basis, "dev", repository, lifecycle)


def test_policy_of_a_search_that_the_plan_creates_replaces_none(basis):
    domain = change("aws_opensearch_domain", None, {"domain_name": "d"})
    policy = change("aws_opensearch_domain_policy", None, {"domain_name": "d", "access_policies": "{}"})
    assert "policy-of-resource-replaced" in broken_rules(basis, "dev", policy)
    assert "policy-of-resource-replaced" not in broken_rules(basis, "dev", domain, policy)


HIDDEN = [{"link": [{"tls_enabled": True}]}]


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [
        pytest.param({}, {"target": HIDDEN}, True, id="becomes hidden"),
        pytest.param({"target": HIDDEN}, {"target": HIDDEN}, False, id="hidden as it was"),
        pytest.param({"target": HIDDEN}, {"target": HIDDEN, "login": True}, False, id="another value becomes hidden"),
        pytest.param({}, {"login": True}, False, id="another block becomes hidden"),
    ],
)
def test_rule_about_a_name_at_any_depth_may_be_broken_where_that_value_changes_unseen(basis, before, after, is_found):
    """What is hidden and stays as it is breaks nothing, whatever else becomes hidden."""
    attributes = {"name": "n", "login": [{"user": "u"}], "target": [{"link": [{"tls_enabled": True}]}]}
    entry = change("aws_msk_cluster", attributes, attributes | {"name": "other"})
    entry["change"] |= {"before_sensitive": before, "after_sensitive": after}
    assert ("encryption-weakened" in broken_rules(basis, "dev", entry)) is is_found


PROPERTIES = "num.partitions=1\nlog.retention.ms=-1\n"


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [
        pytest.param(PROPERTIES, PROPERTIES.replace("-1", "1000"), True, id="line changed"),
        pytest.param(PROPERTIES, "num.partitions=1", True, id="line removed"),
        pytest.param("num.partitions=1", PROPERTIES, True, id="line added"),
        pytest.param(PROPERTIES, PROPERTIES.replace("s=1", "s=3"), False, id="another line"),
        pytest.param(PROPERTIES, "log.retention.ms=-1\nnum.partitions=1", False, id="another order"),
    ],
)
def test_rule_about_lines_looks_only_at_those_that_change(basis, before, after, is_found):
    entry = change("aws_msk_configuration", {"server_properties": before}, {"server_properties": after})
    assert ("topics-kept-otherwise" in broken_rules(basis, "dev", entry)) is is_found


@pytest.mark.parametrize(
    ("name", "is_found"), [pytest.param("maxmemory-policy", True, id="it"), pytest.param("x", False, id="another")]
)
def test_rule_about_a_named_block_looks_at_no_other(basis, name, is_found):
    others = [{"name": "timeout", "value": "0"}]
    before, after = ([*others, {"name": name, "value": value}] for value in ("noeviction", "allkeys-lru"))
    entry = change("aws_elasticache_parameter_group", {"parameter": before}, {"parameter": after[::-1]})
    assert ("cache-evicts" in broken_rules(basis, "dev", entry)) is is_found


@pytest.mark.parametrize(("environment", "is_found"), [("prod", True), ("dev", False)])
def test_bucket_that_a_destroy_may_empty_is_blocked_in_prod_alone(basis, environment, is_found):
    found = broken_rules(basis, environment, change("aws_s3_bucket", None, {"force_destroy": True}))
    assert ("unprotected-bucket-in-prod" in found) is is_found


@pytest.mark.parametrize(
    ("environment", "endpoint", "is_found"),
    [
        pytest.param("prod", "data-team@example.com", True, id="placeholder in prod"),
        pytest.param("prod", "data-team@example.com.invalid", False, id="an address of one's own"),
        pytest.param("dev", "data-team@example.com", False, id="placeholder elsewhere"),
    ],
)
def test_placeholder_recipient_is_blocked_in_prod_only(basis, environment, endpoint, is_found):
    found = broken_rules(basis, environment, change("aws_sns_topic_subscription", None, {"endpoint": endpoint}))
    assert found == ({"alerts-go-to-nobody": Level.BLOCKED} if is_found else {})


@pytest.mark.parametrize(("workers", "is_found"), [(1000, True), (5, False)])
def test_cost_that_rises_beyond_the_limit_needs_consent(basis, workers, is_found):
    before = {"name": "j", "number_of_workers": 4, "worker_type": "G.1X"}
    found = broken_rules(basis, "dev", change("aws_glue_job", before, before | {"number_of_workers": workers}))
    assert ("cost-up" in found) is is_found


def test_action_that_terraform_would_invoke_blocks_even_where_nothing_changes(reviewed):
    action = {"address": "action.aws_lambda_invoke.this", "type": "aws_lambda_invoke"}
    made = reviewed({"format_version": "1.2", "resource_changes": [], "action_invocations": [action]})
    assert made.verdict.decision is Decision.BLOCKED
    assert made.verdict.reasons[0].address == "action.aws_lambda_invoke.this"


def test_data_source_that_waits_for_the_apply_is_shown(reviewed):
    entry = change("aws_iam_policy_document", None, {}) | {"mode": "data", "address": "data.aws_iam_policy_document.a"}
    entry["change"]["actions"] = ["read"]
    assert "data.aws_iam_policy_document.a" in render_text(
        reviewed({"format_version": "1.2", "resource_changes": [entry]})
    )


def test_every_bundled_rule_and_level_is_named_in_a_test():
    book = load_rules()
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    expected = Path(__file__).parent / "expected"
    golden = "".join(path.read_text() for path in expected.glob("*.json"))
    # rules of kinds, in rules/, find the changes of feared_changes.yaml
    of_kinds = "".join(path.read_text() for path in (Path(plan_review.__file__).parent / "rules").glob("*.yaml"))
    names = {rule.id for rule in book.rules if f"id: {rule.id}\n" not in of_kinds} | book.levels.keys()
    assert sorted(name for name in names if f'"{name}"' not in tests + golden) == []


@pytest.mark.parametrize("kind", ["aws_ebs_encryption_by_default", "aws_glue_data_catalog_encryption_settings"])
def test_account_settings_that_end_say_that_encryption_ends(reviewed, kind):
    entry = change(kind, {"id": "123456789012"}, None)
    found = reviewed({"format_version": "1.2", "resource_changes": [entry]}).findings
    assert "account-encryption-gone" in {finding.rule for finding in found}
