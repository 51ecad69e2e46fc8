"""A replacement that belongs to another owner than before counts as an end and a beginning."""

import json

import pytest

from plan_review.levels import Level
from tests.unit.plan_review.resource_changes import change

READS = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]})
BLOCK = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


def replaced(kind: str, before: dict, after: dict, actions=("delete", "create")) -> dict:
    entry = change(kind, before, after)
    entry["change"]["actions"] = list(actions)
    return entry


def sentences(reviewed, *entries: dict) -> dict[str, bool]:
    made = reviewed({"format_version": "1.2", "resource_changes": list(entries)})
    return {item.sentence: item.widens for item in made.access}


def test_policy_that_moves_to_another_role_is_gained_and_lost(reviewed):
    entry = replaced("aws_iam_role_policy", {"role": "a", "policy": READS}, {"role": "b", "policy": READS})
    assert sentences(reviewed, entry) == {
        "role b is now allowed s3:GetObject on arn:aws:s3:::b/*": True,
        "role a is no longer allowed s3:GetObject on arn:aws:s3:::b/*": False,
    }


@pytest.mark.parametrize(
    ("kind", "before", "after", "who"),
    [
        pytest.param(
            "aws_kms_grant",
            {"key_id": "k", "grantee_principal": "a", "operations": ["Decrypt"]},
            {"key_id": "k", "grantee_principal": "b", "operations": ["Decrypt"]},
            ("a is no longer allowed Decrypt on k", "b is now allowed Decrypt on k"),
            id="key",
        ),
        pytest.param(
            "aws_lakeformation_permissions",
            {"principal": "a", "permissions": ["SELECT"], "database": []},
            {"principal": "b", "permissions": ["SELECT"], "database": []},
            (
                "a is no longer allowed SELECT on aws_lakeformation_permissions.this",
                "b is now allowed SELECT on aws_lakeformation_permissions.this",
            ),
            id="lake",
        ),
    ],
)
def test_grant_of_another_principal_is_lost_by_the_one_before(reviewed, kind, before, after, who):
    assert set(sentences(reviewed, replaced(kind, before, after))) == set(who)


def test_policy_whose_role_is_replaced_too_has_not_moved(reviewed):
    role = replaced("aws_iam_role", {"id": "a", "name": "a"}, {"name": "b"})
    policy = replaced("aws_iam_role_policy", {"role": "a", "policy": READS}, {"role": "b", "policy": READS})
    assert sentences(reviewed, role, policy) == {}


def test_policy_that_is_replaced_for_its_name_alone_changes_nobodys_access(reviewed):
    sides = ({"role": "a", "name": name, "policy": READS} for name in "xy")
    assert sentences(reviewed, replaced("aws_iam_role_policy", *sides)) == {}


def test_policy_that_terraform_forgets_is_no_loss(reviewed):
    entry = change("aws_iam_role_policy", {"role": "a", "policy": READS}, None)
    entry["change"]["actions"] = ["forget"]
    assert sentences(reviewed, entry) == {}


def test_old_policy_that_stays_beside_the_new_one_is_no_loss(reviewed):
    other = READS.replace("GetObject", "PutObject")
    sides = ({"role": "a", "policy": READS}, {"role": "a", "policy": other})
    entry = replaced("aws_iam_role_policy", *sides, actions=("create", "forget"))
    assert sentences(reviewed, entry) == {"role a is now allowed s3:PutObject on arn:aws:s3:::b/*": True}


def test_block_that_goes_with_its_replaced_bucket_leaves_nothing_open(reviewed):
    bucket = replaced("aws_s3_bucket", {"id": "a", "bucket": "a"}, {"bucket": "b"})
    block = replaced("aws_s3_bucket_public_access_block", {"bucket": "a", **BLOCK}, {"bucket": "b", **BLOCK})
    made = reviewed({"format_version": "1.2", "resource_changes": [bucket, block]})
    assert made.verdict.level is Level.DATA
    assert "bucket-may-be-public" not in {reason.rule for reason in made.verdict.reasons}
