"""Lost access is reported and needs consent: users may be locked out, and unreadable data is as good as deleted."""

import json

import pytest

from tests.unit.plan_review.resource_changes import change

ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}, "Action": "kms:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
OVER_TLS = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def rules_found(reviewed, kind: str, before: list | None, after: list | None, parts=()) -> dict[str, str]:
    sides = [
        None if each is None else {"name": "x", "enable_key_rotation": True, "policy": json.dumps({"Statement": each})}
        for each in (before, after)
    ]
    entry = change(kind, *sides)
    entry["change"] |= dict(parts)
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    return {finding.rule: finding.level.word for finding in made.findings}


def test_policy_that_allows_less_is_not_green(reviewed):
    assert rules_found(reviewed, "aws_sqs_queue_policy", [ACCOUNT], []) == {"access-lost": "change"}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param("aws_kms_key", [ACCOUNT], [ACCOUNT | {"Action": "kms:Put*"}], id="nobody is left who may decrypt"),
        pytest.param("aws_kms_key", [ACCOUNT], [ACCOUNT, DENY | {"Action": "kms:D*"}], id="everybody is denied"),
        pytest.param("aws_s3_bucket_policy", [], [DENY | {"Action": "s3:*"}], id="bucket"),
        pytest.param("aws_s3_bucket_policy", None, [DENY | {"Action": "*"}], id="bucket's first policy"),
        pytest.param(
            "aws_s3_bucket_policy",
            [],
            [{"Effect": "Deny", "NotPrincipal": {"AWS": "x"}, "Action": "s3:GetObject", "Resource": "*"}],
            id="all but one",
        ),
    ],
)
def test_data_that_becomes_unreadable_is_at_risk(reviewed, kind, before, after):
    assert rules_found(reviewed, kind, before, after)["locked-out"] == "data"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        pytest.param("aws_s3_bucket_policy", [], [DENY | {"Action": "s3:*"} | OVER_TLS], id="denied without TLS"),
        pytest.param("aws_s3_bucket_policy", [], [DENY | {"Action": "s3:DeleteBucket"}], id="denied to delete"),
        pytest.param("aws_s3_bucket_policy", [DENY | {"Action": "*"}], [DENY | {"Action": "s3:*"}], id="denied before"),
        pytest.param("aws_kms_key", [ACCOUNT, ACCOUNT | {"Action": "kms:Decrypt"}], [ACCOUNT], id="one of two is left"),
        pytest.param("aws_kms_key", None, [ACCOUNT | {"Action": "kms:Sign"}], id="new key that signs"),
        pytest.param("aws_kms_key", [ACCOUNT], None, id="key is destroyed, which is told as such"),
        pytest.param("aws_kms_key_policy", [ACCOUNT], None, id="default policy comes back"),
    ],
)
def test_resource_that_somebody_can_read_is_not_locked(reviewed, kind, before, after):
    assert "locked-out" not in rules_found(reviewed, kind, before, after)


def test_policy_known_only_after_the_apply_names_who_may_lose_access(reviewed):
    unknown = {"after": {"name": "x"}, "after_unknown": {"policy": True}}
    found = rules_found(reviewed, "aws_kms_key", [ACCOUNT], [], unknown)
    assert found["access-widened"] == "access"
    assert "access-lost" in found


HIDDEN = {"after_sensitive": {"policy": True}}
UNKNOWN = {"after": {"bucket": "lake"}, "after_unknown": {"policy": True}}
POLICY = {"bucket": "lake", "policy": "{}"}


@pytest.mark.parametrize("unseen", [pytest.param(HIDDEN, id="sensitive"), pytest.param(UNKNOWN, id="unknown")])
@pytest.mark.parametrize(
    ("before", "others", "is_found"),
    [
        pytest.param(POLICY | {"policy": '{"Statement": []}'}, [], True, id="changed policy"),
        pytest.param(None, [], True, id="first policy of a bucket"),
        pytest.param(None, [change("aws_s3_bucket", None, {"bucket": "lake"})], False, id="policy of a new bucket"),
        pytest.param(None, [change("aws_s3_bucket", None, {"bucket": "other"})], True, id="another bucket is new"),
    ],
)
def test_policy_that_is_not_seen_may_lock_everybody_out_of_what_exists(reviewed, unseen, before, others, is_found):
    entry = change("aws_s3_bucket_policy", before, POLICY)
    entry["change"] |= unseen
    made = reviewed({"format_version": "1.2", "resource_changes": [entry, *others]})
    assert ("locked-out" in {finding.rule for finding in made.findings}) is is_found


@pytest.mark.parametrize(
    ("after", "marks"),
    [
        pytest.param(POLICY | {"tags": {"a": "b"}}, {"policy": True}, id="policy stays"),
        pytest.param({"bucket": "lake"}, {}, id="policy goes"),
    ],
)
def test_policy_that_is_sensitive_and_does_not_change_locks_nobody_out(reviewed, after, marks):
    entry = change("aws_s3_bucket", POLICY, after)
    entry["change"] |= {"before_sensitive": {"policy": True}, "after_sensitive": marks}
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert "locked-out" not in {finding.rule for finding in made.findings}


@pytest.mark.parametrize(
    ("effect", "widens"), [pytest.param("Allow", False, id="allows"), pytest.param("Deny", True, id="denies")]
)
def test_inline_policy_that_goes_gives_nobody_access_unless_it_denies(reviewed, effect, widens):
    document = json.dumps({"Statement": [{"Effect": effect, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}]})
    gone = change("aws_iam_role", {"name": "r", "inline_policy": [{"name": "p", "policy": document}]}, {"name": "r"})
    gone["change"]["after"]["inline_policy"] = []
    found = {each.rule for each in reviewed({"format_version": "1.2", "resource_changes": [gone]}).findings}
    assert ("access-widened" in found) is widens
    assert "unseen-attribute" not in found
