"""Access that arrives outside Terraform is drift, by name, and judged as in a plan; what Terraform set is not."""

import json

import pytest

from plan_review.parse import parse_plan
from quartal.deploy.drift import drift_as_data, render_drift
from tests.unit.plan_review.resource_changes import change

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
OWN = {
    "name": "own",
    "policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "x"}]}),
}
PUBLIC = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "a:b", "Resource": "*"}]})
TLS_ALONE = json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]})
EXPIRES = [{"enabled": True, "prefix": "", "expiration": [{"days": 1}]}]


def drifted(kind: str, before: dict, after: dict, *managed: tuple[str, dict]) -> dict:
    """A refresh that finds a difference, in a state that holds these other resources, unchanged."""
    others = [change(name, attributes, attributes) for name, attributes in managed]
    for entry in others:
        entry["change"]["actions"] = ["no-op"]
    resource = {"address": f"{kind}.this", "mode": "managed", "type": kind, "expressions": {"name": {}}}
    return {
        "format_version": "1.2",
        "resource_changes": others,
        "resource_drift": [change(kind, before, after)],
        "configuration": {"root_module": {"resources": [resource]}},
    }


ROLE = {"name": "r", "id": "r", "inline_policy": [OWN], "managed_policy_arns": []}
ROLE_POLICY = ("aws_iam_role_policy", {"role": "r", **OWN})
TELLS_NOBODY = {"bucket": "b", "id": "b", "eventbridge": False, "queue": [], "topic": [], "lambda_function": []}
GROUP = {"id": "sg-1", "name": "g", "ingress": []}
OWN_WAY = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"], "self": False}
OPEN_WAY = OWN_WAY | {"from_port": 22, "to_port": 22}
RULE = {"security_group_id": "sg-1", "from_port": 443, "to_port": 443}
BUCKET = {"bucket": "b", "id": "b", "policy": "", "lifecycle_rule": [], "grant": []}


@pytest.mark.parametrize(
    ("kind", "before", "after", "sentence"),
    [
        pytest.param(
            "aws_s3_bucket_notification",
            TELLS_NOBODY,
            TELLS_NOBODY | {"queue": [{"queue_arn": "arn:aws:sqs:eu-central-1:9:q", "events": ["s3:ObjectCreated:*"]}]},
            "Different targets than before are notified about the bucket's objects",
            id="a queue told of objects",
        ),
        pytest.param(
            "aws_iam_role", ROLE, ROLE | {"managed_policy_arns": [ADMIN]}, f"now has policy {ADMIN}", id="attached"
        ),
        pytest.param(
            "aws_iam_role",
            ROLE,
            ROLE | {"inline_policy": [OWN, {"name": "byhand", "policy": EVERYTHING}]},
            "role r is now allowed * on *",
            id="inline",
        ),
        pytest.param(
            "aws_iam_role",
            ROLE,
            ROLE | {"inline_policy": [OWN, {"name": "byhand", "policy": EVERYTHING}]},
            "has inline policy byhand",
            id="inline by name",
        ),
        pytest.param(
            "aws_s3_bucket", BUCKET, BUCKET | {"policy": PUBLIC}, "everybody is now allowed a:b", id="bucket policy"
        ),
        pytest.param(
            "aws_s3_bucket", BUCKET, BUCKET | {"lifecycle_rule": EXPIRES}, "deleted after 1 day", id="lifecycle"
        ),
        pytest.param(
            "aws_kms_key",
            {"key_id": "k", "policy": TLS_ALONE},
            {"key_id": "k", "policy": PUBLIC},
            "is now allowed a:b",
            id="key",
        ),
        pytest.param(
            "aws_sqs_queue", {"id": "q", "policy": ""}, {"id": "q", "policy": PUBLIC}, "everybody", id="queue"
        ),
        pytest.param(
            "aws_sns_topic", {"arn": "t", "policy": ""}, {"arn": "t", "policy": PUBLIC}, "everybody", id="topic"
        ),
        pytest.param(
            "aws_iam_role_policy_attachments_exclusive",
            {"role_name": "r", "policy_arns": []},
            {"role_name": "r", "policy_arns": [ADMIN]},
            f"role r can now have policy {ADMIN}",
            id="exclusive attachments",
        ),
        pytest.param("aws_security_group", GROUP, GROUP | {"ingress": [OWN_WAY, OPEN_WAY]}, "Port 22", id="way in"),
        pytest.param(
            "aws_db_instance",
            {"id": "d", "vpc_security_group_ids": ["sg-1"]},
            {"id": "d", "vpc_security_group_ids": ["sg-1", "sg-2"]},
            "reached from different networks",
            id="group of a machine",
        ),
    ],
)
def test_access_granted_by_hand_is_drift_and_judged(reviewed, kind, before, after, sentence):
    data = drifted(kind, before, after, ROLE_POLICY)
    if kind.endswith("_exclusive"):
        data["configuration"]["root_module"]["resources"][0]["expressions"] = {"policy_arns": {}}
    plan = parse_plan(data)
    assert [each.address for each in plan.drift] == [f"{kind}.this"]
    assert sentence in render_drift("dev", plan)
    assert any(sentence in entry["sentence"] for entry in drift_as_data("dev", plan)["access"])
    reasons = [(reason.rule, reason.level.word) for reason in reviewed(data).verdict.reasons]
    assert ("drift-access", "access") in reasons


@pytest.mark.parametrize(
    ("kind", "before", "after", "managed"),
    [
        pytest.param("aws_iam_role", ROLE | {"inline_policy": []}, ROLE, ROLE_POLICY, id="inline"),
        pytest.param(
            "aws_iam_role",
            ROLE,
            ROLE | {"managed_policy_arns": [ADMIN]},
            ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": ADMIN}),
            id="attached",
        ),
        pytest.param(
            "aws_s3_bucket",
            BUCKET,
            BUCKET | {"policy": PUBLIC},
            ("aws_s3_bucket_policy", {"bucket": "b", "policy": PUBLIC}),
            id="bucket policy",
        ),
        pytest.param(
            "aws_s3_bucket",
            BUCKET,
            BUCKET | {"lifecycle_rule": EXPIRES},
            ("aws_s3_bucket_lifecycle_configuration", {"bucket": "b"}),
            id="lifecycle",
        ),
        pytest.param(
            "aws_sqs_queue",
            {"id": "q", "policy": ""},
            {"id": "q", "policy": PUBLIC},
            ("aws_sqs_queue_policy", {"queue_url": "q"}),
            id="queue",
        ),
        pytest.param(
            "aws_security_group",
            GROUP,
            GROUP | {"ingress": [OWN_WAY]},
            ("aws_vpc_security_group_ingress_rule", RULE | {"ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"}),
            id="way in",
        ),
        pytest.param(
            "aws_security_group",
            GROUP,
            GROUP | {"ingress": [OWN_WAY]},
            ("aws_security_group_rule", RULE | {"type": "ingress", "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}),
            id="way in, by the older rule",
        ),
        pytest.param(
            "aws_security_group",
            GROUP,
            GROUP | {"ingress": [{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": [], "self": True}]},
            (
                "aws_vpc_security_group_ingress_rule",
                {"security_group_id": "sg-1", "ip_protocol": "-1", "referenced_security_group_id": "sg-1"},
            ),
            id="way in from itself",
        ),
    ],
)
def test_access_that_other_resources_give_is_no_drift(kind, before, after, managed):
    managed = (managed,) if managed is ROLE_POLICY else (ROLE_POLICY, managed)
    assert parse_plan(drifted(kind, before, after, *managed)).drift == ()


@pytest.mark.parametrize(
    ("kind", "before", "after", "sentence"),
    [
        pytest.param(
            "aws_s3_bucket_public_access_block", {"bucket": "b"}, None, "make the bucket public", id="block gone"
        ),
        pytest.param(
            "aws_s3_bucket_public_access_block",
            {"name": "a", "block_public_acls": True},
            {"name": "b", "block_public_acls": False},
            "An ACL can make objects public",
            id="block weaker",
        ),
        pytest.param(
            "aws_s3_bucket_versioning",
            {"name": "a", "versioning_configuration": [{"status": "Enabled"}]},
            {"name": "b", "versioning_configuration": [{"status": "Suspended"}]},
            "can no longer be recovered",
            id="versioning",
        ),
        pytest.param(
            "aws_security_group",
            {"name": "a", "ingress": []},
            {"name": "b", "ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]},
            "can be reached from anywhere",
            id="port",
        ),
    ],
)
def test_protection_removed_outside_terraform_is_reported_with_its_meaning(reviewed, kind, before, after, sentence):
    data = drifted(kind, before, after)
    assert sentence in render_drift("dev", parse_plan(data))
    assert "drift-access" in {reason.rule for reason in reviewed(data).verdict.reasons}


def test_policy_in_other_words_is_no_drift():
    same = json.dumps(json.loads(PUBLIC), indent=2)
    assert parse_plan(drifted("aws_sqs_queue", {"id": "q", "policy": PUBLIC}, {"id": "q", "policy": same})).drift == ()


def test_policies_of_another_role_are_no_excuse():
    data = drifted(
        "aws_iam_role", ROLE | {"inline_policy": []}, ROLE, ("aws_iam_role_policy", {"role": "other", **OWN})
    )
    assert [each.address for each in parse_plan(data).drift] == ["aws_iam_role.this"]


def test_access_that_arrived_by_hand_does_not_block_the_apply_that_takes_it_away(reviewed):
    review = reviewed(drifted("aws_s3_bucket", BUCKET, BUCKET | {"policy": PUBLIC}))
    assert review.verdict.level.word != "blocked"


def test_resources_of_the_state_are_known_in_a_refresh_without_changes():
    data = drifted("aws_iam_role", ROLE | {"inline_policy": []}, ROLE)
    resource = {"mode": "managed", "type": "aws_iam_role_policy", "values": ROLE_POLICY[1]}
    data["prior_state"] = {"values": {"root_module": {"child_modules": [{"resources": [resource]}]}}}
    assert parse_plan(data).drift == ()


def test_rule_that_a_resource_sets_is_no_excuse_for_another_of_the_same_group(reviewed):
    rule = ("aws_vpc_security_group_ingress_rule", RULE | {"ip_protocol": "tcp", "cidr_ipv4": "0.0.0.0/0"})
    data = drifted("aws_security_group", GROUP, GROUP | {"ingress": [OWN_WAY, OPEN_WAY]}, rule)
    sentences = [reason.sentence for reason in reviewed(data).verdict.reasons if reason.rule == "drift-access"]
    assert any("Port 22" in sentence for sentence in sentences)
    assert not any("Port 443" in sentence for sentence in sentences)


@pytest.mark.parametrize("hidden", ["after_unknown", "after_sensitive"])
def test_roles_of_an_attachment_that_are_not_seen_do_not_stop_the_review(hidden):
    data = drifted("aws_iam_role", ROLE | {"inline_policy": []}, ROLE)
    attachment = change("aws_iam_policy_attachment", None, {"policy_arn": ADMIN})
    attachment["change"][hidden] = {"roles": True}
    data["resource_changes"].append(attachment)
    assert [each.address for each in parse_plan(data).drift] == ["aws_iam_role.this"]


def test_difference_in_what_the_configuration_does_not_set_is_no_drift_but_is_named():
    managed = ("aws_s3_bucket_versioning", {"bucket": "b"})
    before, after = BUCKET | {"versioning": []}, BUCKET | {"versioning": [{"enabled": True}]}
    plan = parse_plan(drifted("aws_s3_bucket", before, after, managed))
    assert render_drift("dev", plan).splitlines() == [
        "dev: reality is what Terraform made of it.",
        "Also differs, in what the configuration says nothing of: aws_s3_bucket.this",
    ]
    told = drift_as_data("dev", plan)
    assert (told["drift"], [entry["address"] for entry in told["computed"]]) == ([], ["aws_s3_bucket.this"])
