"""The review reports what it cannot judge; nothing unjudged is green."""

import json
from pathlib import Path

import pytest

from plan_review.coverage import load_coverage
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change

EVERYWHERE = ["0.0.0.0/0"]


def make_review(reviewed, *entries: dict):
    return reviewed({"format_version": "1.2", "resource_changes": list(entries)})


def rules_found(review) -> dict[str, str]:
    return {finding.rule: finding.level.word for finding in review.findings}


def of_provider(provider: str, kind: str) -> dict:
    return change(kind, None, {"name": "x"}) | {"provider_name": provider}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, {"name": "x"}, id="create"),
        pytest.param({"name": "x"}, {"name": "y"}, id="update"),
        pytest.param({"name": "x"}, None, id="delete"),
    ],
)
def test_unjudged_type_is_never_green(reviewed, before, after):
    review = make_review(reviewed, change("aws_timestreamwrite_table", before, after))
    assert review.verdict.decision is Decision.NEEDS_APPROVAL
    assert rules_found(review)["unjudged-type"] == "change"


@pytest.mark.parametrize(
    "kind",
    [
        "aws_security_group",
        "aws_vpc_security_group_ingress_rule",
        "aws_lambda_function_url",
        "aws_s3_account_public_access_block",
        "aws_iam_access_key",
        "aws_iam_user_group_membership",
        "aws_iam_service_specific_credential",
        "aws_identitystore_group_membership",
        "aws_ssoadmin_permission_set",
        "aws_ssoadmin_account_assignment",
        "aws_lakeformation_data_lake_settings",
        "aws_ecr_repository_policy",
        "aws_cognito_identity_pool_roles_attachment",
        "aws_vpc_peering_connection",
        "aws_ram_resource_share",
        "aws_secretsmanager_secret_version",
        "aws_eks_access_entry",
    ],
)
def test_type_that_carries_access_needs_consent_to_access_at_least(reviewed, kind):
    review = make_review(reviewed, change(kind, {"name": "x"}, {"name": "y"}))
    assert review.verdict.level.word == "access"
    assert "unjudged-access" in rules_found(review)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("registry.terraform.io/hashicorp/google", "google_storage_bucket_iam_member"),
        ("registry.terraform.io/hashicorp/azurerm", "azurerm_role_assignment"),
        ("registry.opentofu.org/hashicorp/azurerm", "azurerm_storage_account"),
        ("registry.terraform.io/integrations/github", "github_repository_collaborator"),
        ("registry.terraform.io/hashicorp/kubernetes", "kubernetes_cluster_role_binding"),
    ],
)
def test_access_of_another_provider_is_not_judged_and_not_green(reviewed, provider, kind):
    review = make_review(reviewed, of_provider(provider, kind))
    (finding,) = [finding for finding in review.findings if finding.rule == "unjudged-provider"]
    assert f"provider {provider.partition('/')[2].removeprefix('hashicorp/')} " in finding.sentence
    assert finding.level.word == "access"


@pytest.mark.parametrize("kind", ["random_id", "null_resource", "time_sleep", "terraform_data"])
def test_resources_that_live_in_the_state_alone_are_harmless(reviewed, kind):
    provider = "terraform.io/builtin/terraform" if kind == "terraform_data" else "registry.terraform.io/hashicorp/x"
    block = {"address": f"{kind}.this", "mode": "managed", "type": kind}
    plan = {
        "format_version": "1.2",
        "resource_changes": [of_provider(provider, kind)],
        "configuration": {"root_module": {"resources": [block]}},
    }
    assert reviewed(plan).verdict.decision is Decision.APPLY


@pytest.mark.parametrize("kind", ["null_resource", "terraform_data"])
def test_plan_without_configuration_does_not_claim_that_no_program_runs(reviewed, kind):
    plan = {"format_version": "1.2", "resource_changes": [change(kind, None, {"id": "x"})]}
    assert rules_found(reviewed(plan)) == {"runs-program": "access"}


def test_program_that_a_provisioner_may_run_is_not_harmless(reviewed):
    """A null_resource is where provisioners live; the configuration says whether it has one."""
    plan = {
        "format_version": "1.2",
        "resource_changes": [of_provider("registry.terraform.io/hashicorp/null", "null_resource")],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": "null_resource.this",
                        "mode": "managed",
                        "type": "null_resource",
                        "provisioners": [{"type": "local-exec"}],
                    }
                ]
            }
        },
    }
    plan["resource_changes"][0]["address"] = "null_resource.this"
    assert rules_found(reviewed(plan))["runs-program"] == "access"


INVOKE = {"principal": "*", "action": "lambda:InvokeFunction"}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        pytest.param("aws_security_group", {"ingress": [{"cidr_blocks": EVERYWHERE}]}, id="group"),
        pytest.param("aws_security_group", {"ingress": [{"ipv6_cidr_blocks": ["::/0"]}]}, id="group, IPv6"),
        pytest.param("aws_security_group_rule", {"type": "ingress", "cidr_blocks": EVERYWHERE}, id="rule"),
        pytest.param("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0"}, id="ingress rule"),
        pytest.param("aws_default_security_group", {"ingress": [{"cidr_blocks": EVERYWHERE}]}, id="default group"),
        pytest.param("aws_lambda_function_url", {"authorization_type": "NONE"}, id="function URL"),
        pytest.param("aws_lambda_permission", INVOKE, id="permission"),
        pytest.param("aws_lambda_permission", INVOKE | {"source_arn": "arn:aws:s3:::*"}, id="permission of any bucket"),
        pytest.param("aws_db_instance", {"publicly_accessible": True}, id="database"),
        pytest.param("aws_redshift_cluster", {"publicly_accessible": True}, id="warehouse"),
        pytest.param("aws_s3_account_public_access_block", {"block_public_policy": False}, id="account"),
        pytest.param(
            "aws_eks_cluster",
            {"vpc_config": [{"endpoint_public_access": True, "public_access_cidrs": EVERYWHERE}]},
            id="cluster",
        ),
    ],
)
def test_public_access_is_blocked(reviewed, kind, attributes):
    review = make_review(reviewed, change(kind, None, {"name": "x", **attributes}))
    assert review.verdict.decision is Decision.BLOCKED
    assert "open-to-everybody" in rules_found(review)


@pytest.mark.parametrize(
    ("kind", "attributes", "owner"),
    [
        pytest.param(
            "aws_default_network_acl",
            {"ingress": [{"action": "allow", "cidr_block": "0.0.0.0/0"}]},
            "default_network_acl_id",
            id="default list",
        ),
        pytest.param(
            "aws_network_acl", {"ingress": [{"action": "allow", "cidr_block": "0.0.0.0/0"}]}, "vpc_id", id="list"
        ),
        pytest.param(
            "aws_network_acl_rule", {"rule_action": "allow", "cidr_block": "0.0.0.0/0"}, "network_acl_id", id="rule"
        ),
    ],
)
def test_list_of_a_new_network_opens_no_more_than_the_one_that_aws_gives_it(reviewed, kind, attributes, owner):
    def is_open(*others: dict, unknown: tuple[str, ...] = (owner,)) -> bool:
        entry = change(kind, None, attributes | {owner: "existing"} if owner not in unknown else attributes)
        entry["change"]["after_unknown"] = dict.fromkeys(unknown, True)
        return "open-to-everybody" in rules_found(make_review(reviewed, entry, *others))

    network = change("aws_vpc", None, {"cidr_block": "10.0.0.0/16"})
    elsewhere = change("aws_network_acl", None, {"vpc_id": "vpc-existing"})
    assert not is_open(network)
    assert is_open()
    assert is_open(network, unknown=())
    assert is_open(network, elsewhere)
    exchanged = elsewhere | {"change": elsewhere["change"] | {"actions": ["delete", "create"], "before": {"id": "acl"}}}
    assert is_open(network, exchanged)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param(
            "aws_security_group",
            {"ingress": [{"cidr_blocks": EVERYWHERE}], "tags": {}},
            {"ingress": [{"cidr_blocks": EVERYWHERE}], "tags": {"a": "b"}},
            id="open as before",
        ),
        pytest.param("aws_security_group", None, {"egress": [{"cidr_blocks": EVERYWHERE}]}, id="way out"),
        pytest.param("aws_security_group_rule", None, {"type": "egress", "cidr_blocks": EVERYWHERE}, id="rule out"),
        pytest.param("aws_vpc_security_group_egress_rule", None, {"cidr_ipv4": "0.0.0.0/0"}, id="egress rule"),
        pytest.param("aws_route_table", None, {"route": [{"cidr_block": "0.0.0.0/0"}]}, id="default route"),
        pytest.param("aws_security_group", {"ingress": [{"cidr_blocks": EVERYWHERE}]}, {"ingress": []}, id="closes"),
    ],
)
def test_change_without_public_access_is_not_blocked(reviewed, kind, before, after):
    assert "open-to-everybody" not in rules_found(make_review(reviewed, change(kind, before, after)))


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        pytest.param("aws_lambda_permission", {"principal_org_id": "o-abcdef1234"}, id="organization"),
        pytest.param("aws_lambda_permission", {"source_account": "111122223333"}, id="account"),
        pytest.param("aws_lambda_permission", {"source_arn": "arn:aws:sns:eu-west-1:111122223333:t"}, id="topic"),
        pytest.param("aws_lambda_layer_version_permission", {"organization_id": "o-abcdef1234"}, id="layer"),
        pytest.param("aws_cloudwatch_event_permission", {"condition": [{"value": "o-abcdef1234"}]}, id="events"),
    ],
)
def test_permission_for_everybody_in_an_organization_or_account_is_not_blocked(reviewed, kind, attributes):
    entry = change(kind, None, INVOKE | {"statement_id": "s", **attributes})
    assert make_review(reviewed, entry).verdict.level.word == "access"


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("aws_security_group", {"ingress": True}),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": True}),
    ],
)
def test_opening_known_only_after_the_apply_is_reported(reviewed, kind, attribute):
    entry = change(kind, {"name": "x", **dict.fromkeys(attribute, "a")}, {"name": "x"})
    entry["change"]["after_unknown"] = attribute
    assert make_review(reviewed, entry).verdict.level.word == "access"


@pytest.mark.parametrize(
    ("shown", "hidden", "level"),
    [
        pytest.param({}, {"after_unknown": {"alarm_actions": True}}, "note", id="a topic that is made, all unknown"),
        pytest.param({}, {"after_unknown": {"alarm_actions": [True]}}, "note", id="a topic that is made"),
        pytest.param({"alarm_actions": ["x"]}, {"after_sensitive": {"alarm_actions": True}}, "data", id="sensitive"),
    ],
)
def test_address_of_what_the_plan_makes_is_no_action_that_aws_names(reviewed, shown, hidden, level):
    entry = change("aws_cloudwatch_metric_alarm", None, {"alarm_name": "failed", **shown})
    entry["change"].update(hidden)
    assert make_review(reviewed, entry).verdict.level.word == level


@pytest.mark.parametrize(
    ("kind", "before", "after", "rule", "level"),
    [
        ("aws_cloudwatch_log_group", {"name": "a"}, None, "log-lines-destroyed", "data"),
        (
            "aws_cloudwatch_metric_alarm",
            {"actions_enabled": True},
            {"actions_enabled": False},
            "alarm-silenced",
            "destroy",
        ),
        (
            "aws_cloudwatch_metric_alarm",
            {"alarm_actions": ["t"]},
            {"alarm_actions": []},
            "alarm-tells-others",
            "destroy",
        ),
        (
            "aws_cloudwatch_metric_alarm",
            {"ok_actions": []},
            {"ok_actions": ["arn:aws:automate:eu-central-1:ec2:terminate"]},
            "alarm-ends-machine",
            "data",
        ),
        (
            "aws_cloudwatch_metric_alarm",
            {"ok_actions": []},
            {"ok_actions": ["arn:aws:lambda:eu-central-1:1:function:f"]},
            "alarm-does-something",
            "change",
        ),
        ("aws_cloudwatch_event_rule", {"state": "ENABLED"}, {"state": "DISABLED"}, "rule-disabled", "destroy"),
        ("aws_cloudwatch_event_rule", {"is_enabled": True}, {"is_enabled": False}, "rule-switched-off", "destroy"),
        ("aws_glue_crawler", {"role": "a"}, {"role": "b"}, "role-exchanged", "access"),
        ("aws_glue_job", {"role_arn": "a"}, {"role_arn": "b"}, "role-exchanged", "access"),
    ],
)
def test_same_effect_has_the_same_level_as_the_end_of_the_resource(reviewed, kind, before, after, rule, level):
    assert rules_found(make_review(reviewed, change(kind, before, after)))[rule] == level


def test_class_of_an_object_that_aws_chooses_is_no_archive(reviewed):
    entry = change("aws_s3_object", None, {"bucket": "b", "key": "a"})
    entry["change"]["after_unknown"] = {"storage_class": True}
    assert "object-in-archive" not in rules_found(make_review(reviewed, entry))


def test_every_type_of_the_projects_own_modules_is_judged_or_known_to_be_harmless():
    """A new resource type in infra/ is looked at once, and its kind written down."""
    infra = Path(__file__).parents[4] / "infra"
    used = {
        line.split('"')[1]
        for file in infra.rglob("*.tf")
        for line in file.read_text().splitlines()
        if line.startswith("resource ")
    }
    coverage = load_coverage()
    assert sorted(kind for kind in used if coverage.classify(kind) == "unjudged") == []


@pytest.mark.parametrize(
    "kind",
    [
        "aws_appautoscaling_policy",
        "aws_autoscaling_policy",
        "aws_efs_backup_policy",
        "aws_emr_managed_scaling_policy",
        "aws_lb_cookie_stickiness_policy",
        "aws_sqs_queue_redrive_policy",
    ],
)
def test_policy_that_is_not_about_access_gives_nobody_access(reviewed, kind):
    found = rules_found(make_review(reviewed, change(kind, None, {"name": "p"})))
    assert (found.get("unjudged-type"), "access-widened" in found) == ("change", False)


@pytest.mark.parametrize(("before", "after", "is_found"), [("", None, False), (None, "", False), ("x", None, True)])
def test_empty_text_is_as_good_as_none(reviewed, before, after, is_found):
    trigger = {"name": "t", "type": "CONDITIONAL", "schedule": "a"}
    sides = ({"predicate": [{"conditions": [{"job_name": "j", "crawler_name": name}]}]} for name in (before, after))
    entry = change("aws_glue_trigger", *(trigger | side for side in sides))
    entry["change"]["after"]["schedule"] = "b"
    assert ("unjudged-attribute" in rules_found(make_review(reviewed, entry))) is is_found


@pytest.mark.parametrize(
    ("kind", "name", "is_found"),
    [
        pytest.param("aws_s3_bucket_notification", "queue", True, id="block that nobody computes"),
        pytest.param("aws_quicksight_data_set", "permissions", True, id="permissions that nobody computes"),
        pytest.param("aws_iam_role", "managed_policy_arns", False, id="list that AWS computes"),
    ],
)
def test_unknown_block_that_aws_does_not_compute_is_a_dynamic_one(reviewed, kind, name, is_found):
    """The configuration in a plan does not name dynamic blocks."""
    entry = change(kind, None, {"bucket": "b"})
    entry["change"]["after_unknown"] = {name: True}
    block = {"address": entry["address"], "mode": "managed", "expressions": {"bucket": {}}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [entry, change("aws_s3_bucket", None, {"bucket": "b"})],
        "configuration": {"root_module": {"resources": [block]}},
    }
    assert ("unseen-attribute" in rules_found(reviewed(plan))) is is_found


@pytest.mark.parametrize("kind", ["aws_s3_bucket", "aws_iot_thing", "terraform_data"])
@pytest.mark.parametrize("before", [None, {"name": "a"}])
def test_resource_of_which_all_is_hidden_is_judged_as_the_worst(reviewed, kind, before):
    entry = change(kind, before, {"name": "b"})
    entry["change"] |= {"before_sensitive": before is not None, "after_sensitive": True}
    assert rules_found(make_review(reviewed, entry))["unseen-resource"] == "data"


def test_every_type_has_one_kind():
    coverage = load_coverage()
    listed = [*coverage.judged, *coverage.harmless, *coverage.local]
    assert sorted(name for name in set(listed) if listed.count(name) > 1) == []


def test_real_plans_of_the_project_hold_nothing_unjudged(reviewed):
    plans = Path(__file__).parent / "plans"
    for path in plans.glob("*.json"):
        review = reviewed(json.loads(path.read_text()))
        assert "unjudged-type" not in rules_found(review), path.name
