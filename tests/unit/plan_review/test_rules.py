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


def index(name: str, **more) -> dict:
    return {"name": name, "hash_key": "h", "projection_type": "ALL", "range_key": "", "read_capacity": 1, **more}


def readers(*ids: str) -> dict:
    """Access logs that some users may read."""
    return {"bucket": "b", "target_bucket": "l", "target_grant": [{"grantee": [{"id": each}]} for each in ids]}


def indexes(*blocks: dict) -> dict:
    return {"name": "t", "global_secondary_index": list(blocks)}


def kept(status: str) -> dict:
    return {"name": "s", "extended_s3_configuration": [{"s3_backup_mode": status}]}


def repository(mutability: str, *excluded: str) -> dict:
    filters = [{"filter": each, "filter_type": "WILDCARD"} for each in excluded]
    return {"name": "r", "image_tag_mutability": mutability, "image_tag_mutability_exclusion_filter": filters}


REDRIVE = {"redrive_policy": '{"deadLetterTargetArn":"arn","maxReceiveCount":3}'}
ON_FAILURE, ON_SUCCESS = ({name: [{"destination": "arn"}]} for name in ("on_failure", "on_success"))
RETRIES = {"retry_policy": [{"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 60}]}
# the provider sends 0 for a number that is not set in a block
AGE_ALONE, NO_RETRIES = (
    {"retry_policy": [{"maximum_retry_attempts": each, "maximum_event_age_in_seconds": 60}]} for each in (None, 0)
)
DEAD_LETTERS = {"dead_letter_config": [{"target_arn": "arn"}]}
OTHER_LETTERS = {"dead_letter_config": [{"target_arn": "other"}]}


@pytest.mark.parametrize(
    ("kind", "before", "after", "rules"),
    [
        # one of two opposite rules
        ("aws_db_instance", {"replicate_source_db": "d"}, {"replicate_source_db": ""}, {"follows-no-more"}),
        ("aws_db_instance", {"replicate_source_db": "d"}, {"replicate_source_db": "e"}, {"follows-another"}),
        ("aws_rds_cluster", {"iam_roles": ["a", "b"]}, {"iam_roles": ["a"]}, {"cluster-without-role"}),
        ("aws_rds_cluster", {"iam_roles": ["a"]}, {"iam_roles": ["b"]}, {"cluster-works-with-role"}),
        ("aws_rds_cluster", {"backup_retention_period": 7}, {"backup_retention_period": None}, {"backups-fewer"}),
        (
            "aws_redshiftserverless_snapshot",
            {"retention_period": -1},
            {"retention_period": 7},
            {"kept-shorter", "unjudged-type"},
        ),
        (
            "aws_redshiftserverless_snapshot",
            {"retention_period": 7},
            {"retention_period": -1},
            {"kept-longer", "unjudged-type"},
        ),
        # indexes
        ("aws_dynamodb_table", indexes(index("a")), indexes(), {"index-destroyed"}),
        ("aws_dynamodb_table", indexes(), indexes(index("a")), {"index-made"}),
        (
            "aws_dynamodb_table",
            indexes(index("a")),
            indexes(index("a", range_key="r")),
            {"index-destroyed", "index-made"},
        ),
        (
            "aws_dynamodb_table",
            indexes(index("a", non_key_attributes=["x", "y"])),
            indexes(index("a", non_key_attributes=["x"])),
            {"index-destroyed", "index-made"},
        ),
        (
            "aws_dynamodb_table",
            indexes(index("a"), index("b", hash_key="k")),
            indexes(index("a", hash_key="k"), index("b")),
            {"index-destroyed", "index-made"},
        ),
        (
            "aws_dynamodb_table",
            indexes(index("a", non_key_attributes=["x", "y"])),
            indexes(index("a", non_key_attributes=["y", "x"], range_key=None)),
            set(),
        ),
        ("aws_dynamodb_table", indexes(index("a")), indexes(index("a", read_capacity=9)), {"unjudged-attribute"}),
        # newer providers tell the keys of an index twice, and the older arguments are deprecated
        (
            "aws_dynamodb_table",
            indexes(index("a", key_schema=[{"attribute_name": "h", "key_type": "HASH"}])),
            indexes(index("a", hash_key="", key_schema=[{"attribute_name": "h", "key_type": "HASH"}])),
            set(),
        ),
        (
            "aws_dynamodb_table",
            indexes(index("a", range_key="r")),
            indexes(
                index(
                    "a",
                    hash_key=None,
                    key_schema=[
                        {"attribute_name": "h", "key_type": "HASH"},
                        {"attribute_name": "r", "key_type": "RANGE"},
                    ],
                )
            ),
            set(),
        ),
        (
            "aws_dynamodb_table",
            indexes(index("a")),
            indexes(index("a", hash_key=None, key_schema=[{"attribute_name": "i", "key_type": "HASH"}])),
            {"index-destroyed", "index-made"},
        ),
        # readers of logs
        ("aws_s3_bucket_logging", readers("a", "b"), readers("c"), {"bucket-is-logged-elsewhere"}),
        ("aws_s3_bucket_logging", readers("a", "b"), readers("b"), {"bucket-is-logged-elsewhere"}),
        ("aws_s3_bucket", {"logging": [{"target_bucket": "l"}]}, {"logging": []}, {"bucket-is-no-longer-logged"}),
        # failures
        ("aws_sqs_queue", REDRIVE, {"redrive_policy": ""}, {"failures-not-kept"}),
        (
            "aws_sqs_queue",
            REDRIVE,
            {"redrive_policy": '{"deadLetterTargetArn":"other"}'},
            {"failures-elsewhere"},
        ),
        ("aws_sns_topic_subscription", REDRIVE, {"redrive_policy": None}, {"failures-not-kept"}),
        ("aws_sns_topic_subscription", {"redrive_policy": None}, REDRIVE, {"failures-elsewhere"}),
        ("aws_lambda_function", DEAD_LETTERS, OTHER_LETTERS, {"failures-elsewhere", "unjudged-type"}),
        ("aws_lambda_function", DEAD_LETTERS, {"dead_letter_config": []}, {"failures-not-kept", "unjudged-type"}),
        (
            "aws_lambda_function_event_invoke_config",
            {"destination_config": [{"on_failure": [], **ON_SUCCESS}]},
            {"destination_config": []},
            {"unjudged-type"},
        ),
        (
            "aws_lambda_function_event_invoke_config",
            {"destination_config": [{**ON_FAILURE, **ON_SUCCESS}]},
            {"destination_config": []},
            {"failures-not-kept", "unjudged-type"},
        ),
        (
            "aws_lambda_event_source_mapping",
            {"destination_config": [ON_FAILURE]},
            {"destination_config": [{"on_failure": [{"destination": "other"}]}]},
            {"failures-elsewhere", "unjudged-type"},
        ),
        # without settings of its own, EventBridge retries the most that can be set
        ("aws_cloudwatch_event_target", {"retry_policy": []}, RETRIES, {"given-up-earlier"}),
        ("aws_cloudwatch_event_target", RETRIES, {"retry_policy": []}, {"tried-otherwise"}),
        ("aws_cloudwatch_event_target", RETRIES, AGE_ALONE, {"not-tried-again"}),
        ("aws_cloudwatch_event_target", {"retry_policy": []}, AGE_ALONE, {"given-up-earlier", "not-tried-again"}),
        ("aws_cloudwatch_event_target", NO_RETRIES, RETRIES, {"tried-more-often"}),
        ("aws_cloudwatch_event_target", RETRIES, NO_RETRIES, {"given-up-earlier"}),
        (
            "aws_lambda_function_event_invoke_config",
            {"maximum_retry_attempts": 0},
            {"maximum_retry_attempts": None},
            {"tried-otherwise", "unjudged-type"},
        ),
        (
            "aws_lambda_function_event_invoke_config",
            {"maximum_retry_attempts": None},
            {"maximum_retry_attempts": 0},
            {"given-up-earlier", "unjudged-type"},
        ),
        # records as they came in
        ("aws_kinesis_firehose_delivery_stream", kept("AllData"), kept("FailedDataOnly"), {"source-not-kept"}),
        ("aws_kinesis_firehose_delivery_stream", kept("AllEvents"), kept("FailedEventsOnly"), {"source-not-kept"}),
        ("aws_kinesis_firehose_delivery_stream", kept("FailedDataOnly"), kept("AllData"), set()),
        # tags of images
        ("aws_ecr_repository", repository("IMMUTABLE"), repository("MUTABLE"), {"images-may-be-replaced"}),
        (
            "aws_ecr_repository",
            repository("IMMUTABLE"),
            repository("IMMUTABLE_WITH_EXCLUSION", "dev*"),
            {"images-may-be-replaced"},
        ),
        ("aws_ecr_repository", repository("MUTABLE"), repository("MUTABLE_WITH_EXCLUSION", "v*"), set()),
        ("aws_ecr_repository", repository("MUTABLE"), repository("IMMUTABLE_WITH_EXCLUSION", "v*"), set()),
        (
            "aws_ecr_repository",
            repository("MUTABLE_WITH_EXCLUSION", "v*"),
            repository("MUTABLE"),
            {"images-less-protected"},
        ),
        (
            "aws_ecr_repository",
            repository("MUTABLE_WITH_EXCLUSION", "v*", "w*"),
            repository("MUTABLE_WITH_EXCLUSION", "v*"),
            {"images-less-protected"},
        ),
        (
            "aws_ecr_repository",
            repository("MUTABLE_WITH_EXCLUSION", "v*"),
            repository("IMMUTABLE_WITH_EXCLUSION", "v*"),
            {"images-less-protected"},
        ),
        (
            "aws_ecr_repository",
            repository("MUTABLE_WITH_EXCLUSION", "v*"),
            repository("MUTABLE_WITH_EXCLUSION", "v*", "w*"),
            set(),
        ),
        (
            "aws_ecr_repository",
            repository("IMMUTABLE_WITH_EXCLUSION", "v*"),
            repository("IMMUTABLE_WITH_EXCLUSION", "v*", "w*"),
            {"images-more-exempt"},
        ),
        ("aws_ecr_repository", repository("IMMUTABLE_WITH_EXCLUSION", "v*"), repository("IMMUTABLE"), set()),
        # notifications
        (
            "aws_s3_bucket_notification",
            {"bucket": "b", "queue": [{"queue_arn": "q"}, {"queue_arn": "r"}]},
            {"bucket": "b", "queue": [{"queue_arn": "q"}]},
            {"objects-told-no-more", "unjudged-attribute"},
        ),
        (
            "aws_s3_bucket_notification",
            {"bucket": "b", "queue": [{"queue_arn": "q"}]},
            {"bucket": "b", "queue": [{"queue_arn": "q"}, {"queue_arn": "r"}]},
            {"told-of-objects", "unjudged-attribute"},
        ),
        # what begins switched off ends nothing
        ("aws_pipes_pipe", None, {"name": "p", "desired_state": "STOPPED"}, {"unjudged-access"}),
        ("aws_batch_job_queue", None, {"name": "q", "state": "DISABLED"}, {"unjudged-type"}),
        (
            "aws_ec2_instance_state",
            None,
            {"instance_id": "i", "state": "stopped"},
            {"machine-switched-off", "unjudged-type"},
        ),
        # traffic
        (
            "aws_autoscaling_group",
            {"target_group_arns": ["a"], "traffic_source": []},
            {"target_group_arns": [], "traffic_source": [{"identifier": "a", "type": "elbv2"}]},
            {"unjudged-type"},
        ),
        (
            "aws_autoscaling_group",
            {"target_group_arns": ["a", "b"], "traffic_source": []},
            {"target_group_arns": [], "traffic_source": [{"identifier": "a", "type": "elbv2"}]},
            {"group-gets-no-traffic", "unjudged-type"},
        ),
    ],
)
def test_rules_about_one_setting_do_not_contradict_each_other(basis, kind, before, after, rules):
    found = broken_rules(basis, "dev", change(kind, before, after)).keys()
    also = {"unjudged-type"} if kind.startswith(("aws_ecr", "aws_autoscaling")) else set()
    also |= {"unjudged-access"} if kind.startswith("aws_kinesis_firehose") else set()
    assert set(found) - {"cost-up"} == rules | also


def gone(kind: str, names: dict, setting: dict) -> dict:
    """An update that takes a setting of a resource away."""
    return change(kind, names | setting, names | dict.fromkeys(setting))


def replicated(block: str | None, *targets: str, status: str = "Enabled") -> dict:
    """Rules that copy to buckets, in a bucket's own block or in a resource of their own."""
    rules = [{"status": status, "destination": [{"bucket": each}]} for each in targets]
    return {"replication_configuration": [{block: rules}]} if block else {"rule": rules}


QUEUE, FUNCTION = {"id": "u", "url": "u", "name": "q"}, {"id": "f", "arn": "arn:f", "function_name": "f"}
CLUSTER, GROUP = {"id": "c", "cluster_identifier": "c"}, {"id": "g", "name": "g"}


@pytest.mark.parametrize(
    ("ends", "kind", "settings", "other_settings"),
    [
        pytest.param(
            gone("aws_sqs_queue", QUEUE, REDRIVE),
            "aws_sqs_queue_redrive_policy",
            {"queue_url": "u", **REDRIVE},
            {"queue_url": "other", **REDRIVE},
            id="failed messages of a queue",
        ),
        pytest.param(
            gone("aws_lambda_function", FUNCTION, DEAD_LETTERS),
            "aws_lambda_function_event_invoke_config",
            {"function_name": "f", "destination_config": [ON_FAILURE]},
            {"function_name": "f", "destination_config": [ON_SUCCESS | {"on_failure": []}]},
            id="failed events of a function",
        ),
        pytest.param(
            gone("aws_redshift_cluster", CLUSTER, {"snapshot_copy": [{"destination_region": "r"}]}),
            "aws_redshift_snapshot_copy",
            {"cluster_identifier": "c", "destination_region": "r"},
            {"cluster_identifier": "d", "destination_region": "r"},
            id="copies of snapshots",
        ),
        pytest.param(
            gone("aws_redshift_cluster", CLUSTER, {"logging": [{"enable": True}]}),
            "aws_redshift_logging",
            {"cluster_identifier": "c"},
            {"cluster_identifier": "d"},
            id="logs of a warehouse",
        ),
        pytest.param(
            gone("aws_autoscaling_group", GROUP, {"target_group_arns": ["t"]}),
            "aws_autoscaling_attachment",
            {"autoscaling_group_name": "g", "lb_target_group_arn": "t"},
            {"autoscaling_group_name": "h", "lb_target_group_arn": "t"},
            id="traffic of a group",
        ),
        pytest.param(
            gone("aws_autoscaling_group", GROUP, {"target_group_arns": ["t"], "load_balancers": []}),
            "aws_autoscaling_traffic_source_attachment",
            {"autoscaling_group_name": "g", "traffic_source": [{"identifier": "t"}]},
            {"autoscaling_group_name": "h", "traffic_source": [{"identifier": "t"}]},
            id="traffic of a group from another kind of source",
        ),
        pytest.param(
            gone("aws_s3_bucket", {"id": "b", "bucket": "b"}, {"logging": [{"target_bucket": "l"}]}),
            "aws_s3_bucket_logging",
            {"bucket": "b", "target_bucket": "l"},
            {"bucket": "c", "target_bucket": "l"},
            id="logs of a bucket",
        ),
        pytest.param(
            gone("aws_s3_bucket", {"id": "b", "bucket": "b"}, {"logging": [{"target_bucket": "l"}]}),
            "aws_s3_bucket_logging",
            {"bucket": "b", "target_bucket": "l"},
            {"bucket": "b", "target_bucket": "m"},
            id="logs of a bucket that go elsewhere",
        ),
        pytest.param(
            gone("aws_s3_bucket", {"id": "b", "bucket": "b"}, replicated("rules", "copy", "copy")),
            "aws_s3_bucket_replication_configuration",
            {"bucket": "b", **replicated(None, "copy", "copy")},
            {"bucket": "b", **replicated(None, "copy", "other")},
            id="copies of objects that go elsewhere",
        ),
        pytest.param(
            gone("aws_s3_bucket", {"id": "b", "bucket": "b"}, replicated("rules", "copy")),
            "aws_s3_bucket_replication_configuration",
            {"bucket": "b", **replicated(None, "copy")},
            {"bucket": "b", **replicated(None, "copy", status="Disabled")},
            id="copies of objects by a rule that is off",
        ),
        pytest.param(
            gone("aws_lambda_function", FUNCTION, DEAD_LETTERS),
            "aws_lambda_function_event_invoke_config",
            {"function_name": "f", "destination_config": [ON_FAILURE]},
            {"function_name": "f", "destination_config": [ON_FAILURE], "qualifier": "prod"},
            id="failed events of one alias of a function",
        ),
    ],
)
def test_setting_that_moves_to_a_resource_of_its_own_does_not_end(basis, ends, kind, settings, other_settings):
    def found(*others: dict) -> set[str]:
        named = {"failures-not-kept", "backups-in-one-region", "logs-fewer", "logs-off", "group-gets-no-traffic"}
        named |= {"bucket-is-no-longer-logged", "bucket-is-logged-elsewhere", "bucket-is-no-longer-copied"}
        return named & broken_rules(basis, "dev", ends, *others).keys()

    assert found() != set()
    assert found(change(kind, None, other_settings)) == found()
    assert found(change(kind, None, settings)) == set()


def test_group_of_which_only_a_part_is_attached_again_loses_traffic(basis):
    group = gone("aws_autoscaling_group", GROUP, {"target_group_arns": ["t", "u"]})
    attached = [
        change("aws_autoscaling_attachment", None, {"autoscaling_group_name": "g", "lb_target_group_arn": arn})
        | {"address": f"aws_autoscaling_attachment.{arn}"}
        for arn in "tu"
    ]
    assert "group-gets-no-traffic" in broken_rules(basis, "dev", group, attached[0])
    assert "group-gets-no-traffic" not in broken_rules(basis, "dev", group, *attached)


def test_setting_that_moves_into_its_owner_ends_unless_the_owner_changes(basis):
    """The owner has the value already, as a refresh reads it, so Terraform does not write it again after the end."""
    policy = change("aws_sqs_queue_redrive_policy", {"queue_url": "u", **REDRIVE}, None)
    other = {"redrive_policy": '{"deadLetterTargetArn":"other"}'}
    same, changed = (change("aws_sqs_queue", QUEUE | REDRIVE, QUEUE | after) for after in (REDRIVE, other))
    same["change"]["actions"] = ["no-op"]
    assert "failures-of-queue-not-kept" in broken_rules(basis, "dev", policy, same)
    assert "failures-of-queue-not-kept" not in broken_rules(basis, "dev", policy, changed)


@pytest.mark.parametrize(
    ("rule", "kind", "names", "owner"),
    [
        ("backups-not-of-this", "aws_efs_backup_policy", "file_system_id", "aws_efs_file_system"),
        ("lock-gone", "aws_backup_vault_lock_configuration", "backup_vault_name", "aws_backup_vault"),
        ("lock-gone", "aws_s3_bucket_object_lock_configuration", "bucket", "aws_s3_bucket"),
        ("watcher-gone", "aws_flow_log", "vpc_id", "aws_vpc"),
        ("watcher-gone", "aws_s3_bucket_logging", "bucket", "aws_s3_bucket"),
    ],
)
def test_setting_that_goes_with_its_owner_is_no_finding_of_its_own(basis, rule, kind, names, owner):
    setting = change(kind, {"id": "s", names: "o"}, None)
    assert rule in broken_rules(basis, "dev", setting)
    assert rule not in broken_rules(basis, "dev", setting, change(owner, {"id": "o"}, None))


@pytest.mark.parametrize("kind", ["aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"])
def test_instance_that_goes_with_its_cluster_leaves_no_data(basis, kind):
    instance = change(f"{kind}_instance", {"id": "i", "cluster_identifier": "c"}, None)
    assert "instance-of-cluster-gone" in broken_rules(basis, "dev", instance)
    assert "instance-of-cluster-gone" not in broken_rules(basis, "dev", instance, change(kind, {"id": "c"}, None))


@pytest.mark.parametrize(
    ("after", "unknown", "is_found"),
    [
        pytest.param({"lifecycle": [{}]}, [{"lifecycle": [{"opt_in": True}]}], False, id="a part that AWS computes"),
        pytest.param({"copy_action": None}, [{"copy_action": True}], True, id="copies"),
        pytest.param(None, True, True, id="all rules"),
    ],
)
def test_rule_of_which_a_part_is_unknown_is_still_there(basis, after, unknown, is_found):
    rule = {"schedule": "cron(0 5 * * ? *)", "copy_action": [{"destination_vault_arn": "v"}], "lifecycle": []}
    entry = change(
        "aws_backup_plan", {"name": "p", "rule": [rule]}, {"name": "p"} | ({"rule": [rule | after]} if after else {})
    )
    entry["change"]["after_unknown"] = {"rule": unknown}
    assert ("backup-rule-gone" in broken_rules(basis, "dev", entry)) is is_found


@pytest.mark.parametrize(
    ("kind", "block", "name", "gone_rule", "new_rule"),
    [
        ("aws_glue_trigger", "actions", "job_name", "trigger-starts-less", "trigger-starts-others"),
        ("aws_s3_bucket_notification", "queue", "queue_arn", "objects-told-no-more", "told-of-objects"),
    ],
)
def test_target_whose_name_only_the_apply_knows_is_possibly_another_one(
    reviewed, kind, block, name, gone_rule, new_rule
):
    entry = change(kind, {"type": "ON_DEMAND", block: [{name: "a"}]}, {"type": "ON_DEMAND", block: [{}]})
    entry["change"]["after_unknown"] = {block: [{name: True}]}
    found = {each.rule: each for each in reviewed({"format_version": "1.2", "resource_changes": [entry]}).findings}
    assert all("Possibly: " in found[rule].sentence for rule in (gone_rule, new_rule))
    entry["change"]["before"][block].append({name: "b"})  # one of the two goes in any case
    found = {each.rule: each for each in reviewed({"format_version": "1.2", "resource_changes": [entry]}).findings}
    assert "Possibly: " not in found[gone_rule].sentence


def test_target_that_goes_beside_a_hidden_one_is_gone(basis):
    entry = change(
        "aws_glue_trigger", {"actions": [{"job_name": "s"}, {"job_name": "b"}]}, {"actions": [{"job_name": "s"}]}
    )
    entry["change"] |= {f"{side}_sensitive": {"actions": [{"job_name": True}]} for side in ("before", "after")}
    assert "trigger-starts-less" in broken_rules(basis, "dev", entry)


def test_setting_that_moves_to_a_target_that_only_the_apply_knows_may_go_elsewhere(basis):
    bucket = gone("aws_s3_bucket", {"id": "b", "bucket": "b"}, {"logging": [{"target_bucket": "l"}]})
    moved = change("aws_s3_bucket_logging", None, {"bucket": "b"})
    moved["change"]["after_unknown"] = {"target_bucket": True}
    assert "bucket-is-no-longer-logged" in broken_rules(basis, "dev", bucket, moved)


def test_new_machine_that_begins_stopped_ends_nothing(basis):
    machine = change("aws_instance", None, {"id": "i"})
    state = change("aws_ec2_instance_state", None, {"instance_id": "i", "state": "stopped"})
    assert "machine-switched-off" not in broken_rules(basis, "dev", machine, state)


def test_new_bucket_without_versioning_loses_nothing(basis):
    bucket, versioning = (
        change("aws_s3_bucket", None, {"bucket": "lake"}),
        change("aws_s3_bucket_versioning", None, SUSPENDED),
    )
    assert "versioning-suspended" in broken_rules(basis, "dev", versioning)
    assert "versioning-suspended" not in broken_rules(basis, "dev", bucket, versioning)


@pytest.mark.parametrize("kind", ["aws_ebs_encryption_by_default", "aws_glue_data_catalog_encryption_settings"])
def test_account_settings_that_end_say_that_encryption_ends(reviewed, kind):
    entry = change(kind, {"id": "123456789012"}, None)
    found = reviewed({"format_version": "1.2", "resource_changes": [entry]}).findings
    assert "account-encryption-gone" in {finding.rule for finding in found}
