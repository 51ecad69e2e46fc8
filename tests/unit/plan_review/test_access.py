import json

import pytest

from plan_review.access import access_changes
from plan_review.levels import Level
from plan_review.parse import parse_plan
from tests.unit.plan_review.resource_changes import change


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="arn:aws:s3:::lake/raw/*", **parts) -> dict:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **parts}


def sentences(old: str | None, new: str | None, **parts) -> list[tuple[bool, str]]:
    """What is said of role `job` when its policy changes."""

    def attributes(text: str | None) -> dict | None:
        return {"role": "job", "policy": text} if text is not None else None

    entry = {
        "address": "aws_iam_role_policy.this",
        "mode": "managed",
        "type": "aws_iam_role_policy",
        "change": {"actions": ["update"], "before": attributes(old), "after": attributes(new)} | parts,
    }
    plan = parse_plan({"format_version": "1.2", "resource_changes": [entry]})
    return [(item.widens, item.sentence) for item in access_changes(plan)]


LAKE = "arn:aws:s3:::lake/raw/*"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            policy(allow("s3:GetObject")),
            policy(allow(["s3:GetObject", "s3:PutObject"])),
            [(True, f"role job is now allowed s3:PutObject on {LAKE}")],
            id="an action more",
        ),
        pytest.param(
            policy(allow(["s3:GetObject", "s3:PutObject"])),
            policy(allow("s3:GetObject")),
            [(False, f"role job is no longer allowed s3:PutObject on {LAKE}")],
            id="an action less",
        ),
        pytest.param(
            policy(allow(["s3:GetObject", "s3:PutObject"], Sid="A")),
            policy(allow("s3:PutObject", Sid="B"), allow(["s3:GetObject"])),
            [],
            id="the same, written otherwise",
        ),
        pytest.param(
            policy(allow("s3:*")),
            policy(allow(["s3:GetObject"])),
            [(False, f"role job is no longer allowed s3:* on {LAKE}")],
            id="a part of what was allowed is nothing new",
        ),
        pytest.param(
            policy(allow("s3:GetObject"), {**allow("s3:GetObject"), "Effect": "Deny"}),
            policy(allow("s3:GetObject")),
            [(True, f"role job is no longer denied s3:GetObject on {LAKE}")],
            id="a deny less widens",
        ),
        pytest.param(
            policy(allow("s3:GetObject")),
            policy(allow("s3:GetObject"), {**allow("s3:DeleteObject"), "Effect": "Deny"}),
            [(False, f"role job is now denied s3:DeleteObject on {LAKE}")],
            id="a deny more narrows",
        ),
        pytest.param(
            policy(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
            policy(allow("s3:GetObject")),
            [(True, f"role job is now allowed s3:GetObject on {LAKE}")],
            id="a condition less widens",
        ),
        pytest.param(
            policy(),
            policy({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
            [(True, "role job is now allowed anything but iam:* on *")],
            id="NotAction",
        ),
        pytest.param(
            policy(),
            policy(allow("s3:GetObject", [f"arn:aws:s3:::lake/{name}" for name in ("", "raw/*", "tmp/*")])),
            [(True, "role job is now allowed s3:GetObject on arn:aws:s3:::lake/{(itself), raw/*, tmp/*}")],
            id="what places have in common stands once",
        ),
        pytest.param(
            policy(),
            policy(allow("sns:Publish", [f"arn:aws:sns:eu-central-1:1:lake-{name}" for name in "abc"])),
            [(True, "role job is now allowed sns:Publish on arn:aws:sns:eu-central-1:1:{lake-a, lake-b, lake-c}")],
            id="names are not cut",
        ),
    ],
)
def test_policy_change_is_reported_as_permissions_of_the_role(before, after, expected):
    assert sentences(before, after) == expected


def test_policy_that_does_not_change_is_no_finding_even_if_nobody_can_decrypt(reviewed):
    key = {"policy": policy(), "enable_key_rotation": True}
    entry = change("aws_kms_key", key, key | {"description": "lake"})
    assert reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.reasons == ()


def test_policy_that_is_only_known_later_counts_as_widening():
    found = sentences(policy(allow("s3:GetObject")), None, after={"role": "job"}, after_unknown={"policy": True})
    assert found == [(True, "role job: its new policy is known only after apply")]


def test_sensitive_policy_is_hidden_and_counts_as_widening():
    found = sentences(policy(), policy(allow("s3:GetObject")), after_sensitive={"policy": True})
    assert found == [(True, "role job: its policy is sensitive and not shown")]


@pytest.mark.parametrize(
    ("statement", "is_broad"),
    [
        pytest.param(allow("*", "*"), True, id="everything"),
        pytest.param(allow("s3:*", "*"), True, id="all of a service"),
        pytest.param(allow("s3:*"), False, id="all of a service on one place"),
        pytest.param(allow("cloudwatch:PutMetricData", "*"), False, id="an action that knows no resource"),
        pytest.param({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True, id="all but one service"),
        pytest.param({"Effect": "Deny", "Action": "*", "Resource": "*"}, False, id="a deny"),
    ],
)
def test_access_to_everything_is_a_finding_of_its_own(statement, is_broad):
    entry = {
        "address": "a.b",
        "type": "aws_iam_role_policy",
        "change": {"actions": ["create"], "before": None, "after": {"role": "job", "policy": policy(statement)}},
    }
    changes = access_changes(parse_plan({"format_version": "1.0", "resource_changes": [entry]}))
    assert [item.is_broad for item in changes] == [is_broad]


# ------------------------------------------------------------------ other ways to access


PUBLIC = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"})
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = {"principal": "arn:aws:quicksight:::user/a", "actions": ["quicksight:DescribeDataSet"]}
BOUNDARY = "arn:aws:iam::1:policy/boundary"


@pytest.mark.parametrize(
    ("kind", "before", "after", "says", "is_broad"),
    [
        pytest.param(
            "aws_iam_policy_attachment",
            {"policy_arn": ADMIN, "roles": ["a"]},
            {"policy_arn": ADMIN, "roles": ["a", "b"]},
            f"role b now has policy {ADMIN}",
            True,
            id="attachment to several",
        ),
        pytest.param(
            "aws_iam_role",
            {"name": "a", "managed_policy_arns": []},
            {"name": "a", "managed_policy_arns": [ADMIN]},
            f"role a now has policy {ADMIN}",
            True,
            id="managed policy of a role",
        ),
        pytest.param(
            "aws_iam_role",
            {"name": "a", "permissions_boundary": BOUNDARY},
            {"name": "a", "permissions_boundary": None},
            "role a no longer has a permissions boundary",
            False,
            id="boundary removed",
        ),
        pytest.param(
            "aws_iam_role",
            {"name": "a", "inline_policy": []},
            {"name": "a", "inline_policy": [{"name": "x", "policy": PUBLIC}]},
            "different inline policies",
            False,
            id="policy inside a role",
        ),
        pytest.param(
            "aws_s3_bucket", {"policy": ""}, {"policy": PUBLIC}, "everybody is now allowed", True, id="bucket"
        ),
        pytest.param("aws_sns_topic", {"policy": ""}, {"policy": PUBLIC}, "everybody is now allowed", True, id="topic"),
        pytest.param("aws_sqs_queue", None, {"policy": PUBLIC}, "everybody is now allowed", True, id="queue"),
        pytest.param(
            "aws_secretsmanager_secret_policy", None, {"policy": PUBLIC}, "everybody is now allowed", True, id="secret"
        ),
        pytest.param(
            "aws_new_thing", None, {"rights": PUBLIC}, "everybody is now allowed", True, id="type nobody listed"
        ),
        pytest.param(
            "aws_s3_bucket_acl",
            {"bucket": "a", "acl": "private"},
            {"bucket": "a", "acl": "public-read"},
            "bucket a now has ACL public-read",
            True,
            id="ACL",
        ),
        pytest.param(
            "aws_kms_grant",
            None,
            {"key_id": "k", "grantee_principal": "role/x", "operations": ["Decrypt"]},
            "role/x is now allowed Decrypt on k",
            False,
            id="grant on a key",
        ),
        pytest.param(
            "aws_lakeformation_permissions",
            None,
            {"principal": "role/x", "permissions": ["SELECT"], "database": [{"name": "d"}]},
            "role/x is now allowed SELECT on [{'name': 'd'}]",
            False,
            id="Lake Formation",
        ),
        pytest.param(
            "aws_quicksight_data_set",
            {"permissions": []},
            {"permissions": [READ]},
            "user/a is now allowed quicksight:DescribeDataSet",
            False,
            id="QuickSight",
        ),
        pytest.param(
            "aws_iam_openid_connect_provider",
            None,
            {"url": "https://token.actions.githubusercontent.com", "client_id_list": ["sts.amazonaws.com"]},
            "identities of https://token.actions.githubusercontent.com can now assume the roles that trust it",
            False,
            id="identity provider",
        ),
        pytest.param(
            "aws_iam_openid_connect_provider",
            {"url": "https://token.actions.githubusercontent.com", "client_id_list": ["sts.amazonaws.com"]},
            {"url": "https://token.actions.githubusercontent.com", "client_id_list": ["sts.amazonaws.com", "other"]},
            "tokens of https://token.actions.githubusercontent.com are now accepted for other",
            False,
            id="identity provider for another audience",
        ),
        pytest.param(
            "aws_unheard_of_grant", None, {"name": "x"}, "cannot tell who gains", False, id="access by its name alone"
        ),
    ],
)
def test_access_is_found_in_every_resource_that_grants_it(reviewed, kind, before, after, says, is_broad):
    made = reviewed({"format_version": "1.2", "resource_changes": [change(kind, before, after)]})
    assert [(item.widens, item.is_broad) for item in made.access if says in item.sentence] == [(True, is_broad)]
    assert made.verdict.level >= Level.ACCESS


def test_new_permissions_boundary_is_reported_and_widens_nothing(reviewed):
    entry = change("aws_iam_role", {"name": "a"}, {"name": "a", "permissions_boundary": BOUNDARY})
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert [(item.widens, item.sentence) for item in made.access] == [
        (False, f"role a now has permissions boundary {BOUNDARY}")
    ]


def test_role_of_ci_workflows_is_reported_with_the_workflows(reviewed):
    provider = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:a/b:environment:prod"}},
    }
    entry = change("aws_iam_role", None, {"name": "deployer", "assume_role_policy": policy(trust)})
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert [item.sentence for item in made.access] == [
        f"{provider} is now allowed sts:AssumeRoleWithWebIdentity on role deployer, if "
        "token.actions.githubusercontent.com:sub StringEquals repo:a/b:environment:prod"
    ]


@pytest.mark.parametrize("kind", ["aws_autoscaling_policy", "aws_iam_account_password_policy", "aws_glue_job"])
def test_type_without_access_is_not_called_access(reviewed, kind):
    made = reviewed({"format_version": "1.2", "resource_changes": [change(kind, None, {"name": "x"})]})
    assert made.access == ()


@pytest.mark.parametrize(("sets", "widens"), [(("policy", "name"), [True]), (("name",), [])])
def test_policy_that_is_not_known_yet_counts_where_the_configuration_sets_one(reviewed, sets, widens):
    entry = change("aws_sns_topic", None, {"name": "t"})
    entry["change"]["after_unknown"] = {"policy": True}
    block = {"address": "aws_sns_topic.this", "mode": "managed", "type": "aws_sns_topic"}
    configuration = {"root_module": {"resources": [{**block, "expressions": {name: {} for name in sets}}]}}
    made = reviewed({"format_version": "1.2", "resource_changes": [entry], "configuration": configuration})
    assert [item.widens for item in made.access] == widens


def test_replaced_policy_names_who_may_lose_access_even_if_the_new_one_is_unknown(reviewed):
    """As where a bucket is adopted whose policy names readers."""
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:role/readers"}, "Action": "s3:GetObject"}
    statement["Resource"] = "arn:aws:s3:::b/*"
    entry = change(
        "aws_s3_bucket_policy", {"bucket": "b", "policy": json.dumps({"Statement": [statement]})}, {"bucket": "b"}
    )
    entry["change"]["after_unknown"] = {"policy": True}
    entry["change"]["importing"] = {"id": "b"}
    sentences = [item.sentence for item in reviewed({"format_version": "1.2", "resource_changes": [entry]}).access]
    assert any(
        "readers is no longer allowed s3:GetObject on arn:aws:s3:::b/*, unless" in sentence for sentence in sentences
    )


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, id="organisation"),
        pytest.param({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-ab12/*"}}, id="part of one"),
        pytest.param({"StringEquals": {"AWS:SourceOwner": "111111111111"}}, id="owner, in another case"),
        pytest.param({"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}, id="own network of a file system"),
        pytest.param({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::our-bucket"}}, id="bucket of ours"),
        pytest.param({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}, id="roles of an account"),
        pytest.param({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, id="network"),
        pytest.param({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}, id="endpoint"),
        pytest.param({"StringEquals": {"aws:VpceOrgID": "o-abcdefghij"}}, id="endpoints of an organisation"),
        pytest.param(
            {"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:111111111111:vpc/*"}}, id="networks of an account"
        ),
    ],
)
def test_condition_that_names_somebody_narrows_everybody(reviewed, condition):
    """It is access all the same, and no longer everybody's."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    policy = json.dumps({"Statement": [statement | {"Condition": condition}]})
    entry = change("aws_s3_bucket_policy", None, {"bucket": "b", "policy": policy})
    assert reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.level.word == "access"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:ours/lake:*"}},
        {
            "StringEquals": {
                "token.actions.githubusercontent.com:sub": ["repo:ours/a:ref:refs/heads/main", "repo:ours/b:*"]
            }
        },
        {"StringEquals": {"token.actions.githubusercontent.com:repository_owner": "ours"}},
    ],
)
def test_role_for_a_repository_of_ones_own_is_not_everybodys(reviewed, condition):
    provider = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    policy = json.dumps({"Statement": [statement | {"Condition": condition}]})
    entry = change("aws_iam_role", None, {"name": "r", "assume_role_policy": policy})
    assert reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.level.word == "access"


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.mark.parametrize(
    ("others", "arns", "unknown", "widens"),
    [
        pytest.param([], [READ_ONLY], {}, True, id="attached by the resource itself"),
        pytest.param([{"role": "r", "policy_arn": READ_ONLY}], [READ_ONLY], {}, False, id="attached by another"),
        pytest.param([{"role": "z", "policy_arn": READ_ONLY}], [READ_ONLY], {}, True, id="attached to another role"),
        pytest.param([], [], {"policy_arns": True}, True, id="known after the apply"),
        pytest.param([], [], {}, False, id="none"),
    ],
)
def test_exclusive_attachments_give_what_nothing_else_attaches(others, arns, unknown, widens):
    exclusive = change("aws_iam_role_policy_attachments_exclusive", None, {"role_name": "r", "policy_arns": arns})
    exclusive["change"]["after_unknown"] = unknown
    attached = [change("aws_iam_role_policy_attachment", each, each) for each in others]
    for each in attached:
        each["change"]["actions"] = ["no-op"]
    plan = parse_plan({"format_version": "1.2", "resource_changes": [exclusive, *attached]})
    assert any(item.widens for item in access_changes(plan)) is widens
    assert any("role r keeps" in item.sentence for item in access_changes(plan))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("aws_iam_role_policy_attachments_exclusive", "policy_arns"),
        ("aws_iam_role_policies_exclusive", "policy_names"),
    ],
)
@pytest.mark.parametrize("marks", [True, [True, False]], ids=["list", "element"])
@pytest.mark.parametrize(
    ("sides", "after", "widens"),
    [
        pytest.param(["before", "after"], ["c", "b"], True, id="hidden"),
        pytest.param(["before"], ["c", "b"], True, id="hidden until now"),
        pytest.param(["after"], ["c", "b"], True, id="hidden from now on"),
        pytest.param(["before", "after"], ["a", "b"], False, id="hidden, and they stay"),
    ],
)
def test_exclusive_policies_that_are_hidden_and_change_may_be_any(kind, names, marks, sides, after, widens):
    exclusive = change(kind, {"role_name": "r", names: ["a", "b"]}, {"role_name": "r", names: after, "id": "r"})
    exclusive["change"] |= {f"{side}_sensitive": {names: marks} for side in sides}
    plan = parse_plan({"format_version": "1.2", "resource_changes": [exclusive]})
    assert any(item.widens for item in access_changes(plan)) is widens


def test_exclusive_policies_that_end_with_their_role_widen_nothing():
    role, exclusive = (
        change("aws_iam_role", {"name": "r"}, None),
        change("aws_iam_role_policies_exclusive", {"role_name": "r", "policy_names": ["a"]}, None),
    )
    plan = parse_plan({"format_version": "1.2", "resource_changes": [role, exclusive]})
    assert [item for item in access_changes(plan) if item.widens] == []


DENIED = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})
BUCKET_POLICY = ("aws_s3_bucket_policy", {"bucket": "lake", "policy": DENIED})


@pytest.mark.parametrize(
    ("ended", "gains"),
    [
        pytest.param([("aws_s3_bucket", {"bucket": "lake", "policy": DENIED}), BUCKET_POLICY], False, id="bucket"),
        pytest.param(
            [
                ("aws_sns_topic", {"name": "alerts", "arn": "arn:alerts"}),
                ("aws_sns_topic_policy", {"arn": "arn:alerts", "policy": DENIED}),
            ],
            False,
            id="topic, which its policy names by its ARN",
        ),
        pytest.param(
            [("aws_iam_role", {"name": "job"}), ("aws_iam_role_policy", {"role": "job", "policy": DENIED})],
            False,
            id="role",
        ),
        pytest.param(
            [("aws_iam_group", {"name": "staff"}), ("aws_iam_group_policy", {"group": "staff", "policy": DENIED})],
            True,
            id="group, whose members stay",
        ),
        pytest.param([BUCKET_POLICY], True, id="policy alone"),
        pytest.param([("aws_s3_bucket", {"bucket": "tmp"}), BUCKET_POLICY], True, id="another bucket"),
    ],
)
def test_deny_that_ends_with_its_resource_gives_nobody_access(reviewed, ended, gains):
    entries = [change(kind, attributes, None) for kind, attributes in ended]
    found = reviewed({"format_version": "1.2", "resource_changes": entries}).findings
    assert ("access-widened" in {finding.rule for finding in found}) is gains
