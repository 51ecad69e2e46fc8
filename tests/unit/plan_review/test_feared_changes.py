"""Dangerous changes: each needs at least the consent in the table, and none is green."""

import json
from pathlib import Path

import pytest
import yaml

import plan_review
from plan_review.levels import Level
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change

TABLE = Path(__file__).parent / "feared_changes.yaml"
RULES = Path(plan_review.__file__).parent / "rules"
LIBYAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # each worker reads them, in a tenth of the time
CASES = yaml.load(TABLE.read_text(encoding="utf-8"), Loader=LIBYAML)  # noqa: S506 - a safe one


def build_entry(case: dict) -> dict:
    """The change of a row of the table, as Terraform gives it."""
    sides = {side: case.get(side) for side in ("before", "after")}
    for side, name in (("before", "policy_before"), ("after", "policy")):
        if name in case:
            document = json.dumps({"Version": "2012-10-17", "Statement": case[name]})
            sides[side] = {"name": "x", **(sides[side] or {}), case.get("into", "policy"): document}
    entry = change(case["type"], sides["before"], sides["after"])
    entry["change"]["after_unknown"] = case.get("unknown", {})
    for side in ("before", "after"):
        if "sensitive" in case and sides[side] is not None:
            entry["change"][f"{side}_sensitive"] = case["sensitive"]
    entry["change"]["actions"] = case.get("actions", entry["change"]["actions"])
    entry["provider_name"] = f"registry.terraform.io/hashicorp/{case.get('provider', 'aws')}"
    return entry


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']}: {case['id']}")
def test_feared_change_needs_the_consent_that_it_deserves(reviewed, case):
    review = reviewed({"format_version": "1.2", "resource_changes": [build_entry(case)]})
    assert review.verdict.level >= Level[case["level"].upper()], [r.sentence for r in review.verdict.reasons]


def test_rule_of_each_kind_finds_a_feared_change(reviewed):
    of_kinds = {
        rule["id"]
        for file in sorted(RULES.glob("*.yaml"))
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
        if "environments" not in rule  # the table's changes are of no environment
    }
    plan = {"format_version": "1.2", "resource_changes": [build_entry(case) for case in CASES]}
    assert sorted(of_kinds - {finding.rule for finding in reviewed(plan).findings}) == []


def test_changes_of_tags_and_descriptions_are_green(reviewed):
    kinds = ("aws_s3_bucket", "aws_glue_job", "aws_kms_key", "aws_dynamodb_table", "aws_sqs_queue")
    safe = {"enable_key_rotation": True, "name": "x"}
    entries = [change(kind, safe, safe | {"tags": {"a": "b"}, "description": "new"}) for kind in kinds]
    assert reviewed({"format_version": "1.2", "resource_changes": entries}).verdict.decision is Decision.APPLY


@pytest.mark.parametrize(
    ("kind", "before", "after", "most"),
    [
        pytest.param(
            "aws_redshift_cluster",
            {"manual_snapshot_retention_period": 7},
            {"manual_snapshot_retention_period": -1},
            Level.CHANGE,
            id="snapshots that no longer expire",
        ),
        pytest.param(
            "aws_lambda_event_source_mapping",
            {"maximum_retry_attempts": 3},
            {"maximum_retry_attempts": -1},
            Level.CHANGE,
            id="records tried for ever",
        ),
        pytest.param(
            "aws_dynamodb_table",
            {"global_secondary_index": [{"name": "g", "hash_key": "k"}]},
            {"global_secondary_index": [{"name": "a", "hash_key": "b"}, {"name": "g", "hash_key": "k"}]},
            Level.CHANGE,
            id="another index, before the one that was there",
        ),
        pytest.param(
            "aws_dynamodb_table",
            {"stream_enabled": False, "stream_view_type": ""},
            {"stream_enabled": True, "stream_view_type": "NEW_IMAGE"},
            Level.CHANGE,
            id="a stream begins",
        ),
        pytest.param("aws_rds_cluster_instance", {"identifier": "i"}, None, Level.DESTROY, id="the data stays"),
        pytest.param("aws_ecs_cluster", {"name": "c"}, None, Level.DESTROY, id="a cluster that holds nothing"),
        pytest.param("aws_route_table", {"id": "t"}, None, Level.DESTROY, id="a table that is none"),
        pytest.param("databricks_grants", {"id": "g"}, None, Level.DESTROY, id="permissions on a data platform"),
        pytest.param("snowflake_warehouse", {"name": "w"}, None, Level.DESTROY, id="machines of a data platform"),
        pytest.param(
            "ec_deployment_traffic_filter", {"id": "f"}, None, Level.DESTROY, id="networks of a data platform"
        ),
        pytest.param("mongodbatlas_team", {"id": "t"}, None, Level.DESTROY, id="people of a data platform"),
        pytest.param("snowflake_view", {"id": "v"}, None, Level.DESTROY, id="a query on a data platform"),
        pytest.param("aws_cloudfront_trust_store", {"id": "s"}, None, Level.DESTROY, id="a store of certificates"),
        pytest.param(
            "google_artifact_registry_repository",
            {"cleanup_policies": [{"id": "c"}], "cleanup_policy_dry_run": False},
            {"cleanup_policies": [{"id": "c"}], "cleanup_policy_dry_run": True},
            Level.ACCESS,
            id="a clean-up that only tries",
        ),
        pytest.param(
            "aws_elastic_beanstalk_application",
            None,
            {"appversion_lifecycle": [{"delete_source_from_s3": True}]},
            Level.ACCESS,
            id="an application without versions",
        ),
        pytest.param("kubernetes_deployment_v1", {"id": "d"}, None, Level.DESTROY, id="pods"),
        pytest.param("google_service_account", {"id": "a"}, None, Level.DESTROY, id="an account that works"),
    ],
)
def test_change_that_loses_nothing_needs_no_consent_to_a_loss(reviewed, kind, before, after, most):
    entry = change(kind, before, after)
    assert reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.level <= most


@pytest.mark.parametrize(
    ("owner", "names", "kind", "settings", "unknown"),
    [
        pytest.param("aws_s3_bucket", {"bucket": "b"}, "aws_s3_bucket_notification", {"bucket": "b"}, {}, id="by name"),
        pytest.param(
            "aws_s3_bucket", {"tags": {}}, "aws_s3_bucket_notification", {}, {"bucket": True}, id="by an id to come"
        ),
        pytest.param(
            "aws_iam_role", {"name": "r"}, "aws_iam_role_policies_exclusive", {"role_name": "r"}, {}, id="role"
        ),
        pytest.param("aws_s3_bucket", {"bucket": "b"}, "aws_s3_object", {"bucket": "b", "key": "k"}, {}, id="object"),
        pytest.param(
            "aws_iam_role",
            {"name": "r"},
            "aws_iam_role_policy",
            {"role": "r", "policy": json.dumps({"Statement": []})},
            {},
            id="owner by type",
        ),
    ],
)
def test_settings_of_what_the_same_plan_makes_replace_nothing(reviewed, owner, names, kind, settings, unknown):
    made, entry = change(owner, None, names), change(kind, None, settings | {"eventbridge": True, "policy_names": []})
    entry["change"]["after_unknown"] = unknown
    plan = {"format_version": "1.2", "resource_changes": [made, entry]}
    assert reviewed(plan).verdict.decision is Decision.APPLY
    made["change"] |= {"actions": ["no-op"], "before": names}
    assert reviewed(plan).verdict.level > Level.NOTE


@pytest.mark.parametrize(
    ("providers", "regions", "is_same"),
    [
        pytest.param(("aws", "aws"), (None, None), True, id="one provider"),
        pytest.param(("aws", "aws.other"), (None, None), False, id="another account or region"),
        pytest.param(("aws", "aws"), ("eu-west-1", "us-east-1"), False, id="another region of its own"),
        pytest.param(("aws", "aws"), ("eu-west-1", "eu-west-1"), True, id="the same region of its own"),
    ],
)
def test_owner_of_the_same_name_elsewhere_is_another_one(reviewed, providers, regions, is_same):
    made, entry = (
        change(kind, None, {name: "r"} | ({"region": region} if region else {}))
        for kind, name, region in zip(("aws_iam_role", "aws_iam_role_policy"), ("name", "role"), regions, strict=True)
    )
    entry["change"]["after"]["policy"] = json.dumps({"Statement": []})
    blocks = [
        {"address": each["address"], "mode": "managed", "provider_config_key": key}
        for each, key in zip((made, entry), providers, strict=True)
    ]
    settings = {key: {"expressions": {"profile": {"constant_value": key}}} for key in ("aws", "aws.other")}
    plan = {
        "format_version": "1.2",
        "resource_changes": [made, entry],
        "configuration": {"provider_config": settings, "root_module": {"resources": blocks}},
    }
    assert (reviewed(plan).verdict.decision is Decision.APPLY) is is_same


def test_denial_to_a_role_of_the_same_plan_takes_nothing_away(reviewed):
    denial = json.dumps({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    policy, role = (
        change("aws_iam_role_policy", None, {"role": "r", "policy": denial}),
        change("aws_iam_role", None, {"name": "r"}),
    )
    assert reviewed({"format_version": "1.2", "resource_changes": [policy]}).verdict.level is Level.CHANGE
    assert reviewed({"format_version": "1.2", "resource_changes": [policy, role]}).verdict.decision is Decision.APPLY


def test_unset_attribute_computed_by_aws_is_no_finding(reviewed):
    """A replacement of what it rests on makes AWS compute it anew."""
    entry = change("aws_sqs_queue", {"name": "q", "kms_master_key_id": "k", "url": "u"}, {"name": "q"})
    entry["change"]["after_unknown"] = {"kms_master_key_id": True, "url": True}
    resource = {
        "address": "aws_sqs_queue.this",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "expressions": {"name": {}},
    }
    plan = {
        "format_version": "1.2",
        "resource_changes": [entry],
        "configuration": {"root_module": {"resources": [resource]}},
    }
    assert reviewed(plan).verdict.decision is Decision.APPLY
    resource["expressions"]["kms_master_key_id"] = {"references": ["aws_kms_key.new.arn"]}
    assert reviewed(plan).verdict.level is Level.ACCESS


def test_unseen_settings_that_decide_on_access_are_named(reviewed):
    entry = change("aws_db_instance", None, {"storage_encrypted": True})
    entry["change"]["after_unknown"] = {"publicly_accessible": True}
    reasons = reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.reasons
    assert [(reason.rule, reason.level) for reason in reasons] == [("unseen-attribute", Level.ACCESS)]


def test_possible_violation_is_reported_as_possible(reviewed):
    entry = change("aws_s3_bucket", {"acl": "private"}, {})
    entry["change"]["after_unknown"] = {"acl": True}
    reasons = reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.reasons
    assert "Possibly: Its ACL lets anyone read it." in reasons[0].sentence
    assert reasons[0].level is Level.ACCESS


def test_public_access_block_that_a_new_bucket_does_not_get_is_missed(reviewed):
    bucket = change("aws_s3_bucket", {"id": "b", "bucket": "b"}, {"bucket": "c"})
    bucket["change"]["actions"] = ["delete", "create"]
    block = change("aws_s3_bucket_public_access_block", {"bucket": "b"}, None)
    review = reviewed({"format_version": "1.2", "resource_changes": [bucket, block]})
    assert "bucket-may-be-public" in {reason.rule for reason in review.verdict.reasons}


def test_output_that_is_no_longer_sensitive_is_not_green(reviewed):
    output = {"actions": ["update"], "before": "x", "after": "x", "before_sensitive": True, "after_sensitive": False}
    review = reviewed({"format_version": "1.2", "resource_changes": [], "output_changes": {"password": output}})
    assert [(reason.rule, reason.level) for reason in review.verdict.reasons] == [("secret-shown", Level.ACCESS)]


def test_attribute_that_is_no_longer_sensitive_is_not_green(reviewed):
    entry = change("local_file", {"content": "x"}, {"content": "x"})
    entry["change"]["before_sensitive"] = {"content": True}
    review = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert "secret-shown" in {reason.rule for reason in review.verdict.reasons}


def test_program_that_runs_to_read_something_is_not_green(reviewed):
    entry = change("external", None, {}) | {"mode": "data", "address": "module.a.data.external.b[0]"}
    entry["change"]["actions"] = ["read"]
    local = change("random_pet", None, {"length": 2})
    review = reviewed({"format_version": "1.2", "resource_changes": [entry, local]})
    assert [(reason.rule, reason.address) for reason in review.verdict.reasons] == [("runs-program", entry["address"])]


def test_update_without_visible_changes_is_not_green(reviewed):
    entry = change("aws_glue_job", {"name": "j"}, {"name": "j"})
    review = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert [reason.rule for reason in review.verdict.reasons] == ["unjudged-attribute"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param({"Principal": "999999999999", "Action": "s3:*"}, id="principal without its kind"),
        pytest.param({"Principal": ["*"], "Action": {"a": 1}}, id="lists and objects for names"),
        pytest.param({"Principal": "*", "Action": "s3:*", "Condition": {"Bool": [1]}}, id="condition that is none"),
        pytest.param({"Effect": 1, "Principal": {"AWS": {"a": 1}}, "Resource": None}, id="effect that is none"),
        pytest.param("a word", id="word"),
    ],
)
def test_policy_of_another_form_than_a_policys_is_read_all_the_same(reviewed, statement):
    document = json.dumps({"Statement": [statement]})
    entry = change("aws_s3_bucket_policy", {"policy": "{}"}, {"policy": document})
    assert reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.level > Level.NOTE
