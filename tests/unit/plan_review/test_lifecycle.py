"""Lifecycle rules that delete or archive objects need consent for any prefix."""

import pytest

from tests.unit.plan_review.resource_changes import change

TYPE = "aws_s3_bucket_lifecycle_configuration"
UNKNOWN_DAYS = {"after_unknown": {"rule": [{"expiration": [{"days": True}]}]}}


def rules(prefix: str = "curated/", status: str = "Enabled", bucket: str = "lake", **actions) -> dict:
    return {"bucket": bucket, "rule": [{"id": "r", "status": status, "filter": [{"prefix": prefix}], **actions}]}


def expiring(days: int, prefix: str = "curated/", **more) -> dict:
    return rules(prefix, expiration=[{"days": days}], **more)


def found_by(reviewed, *entries: dict) -> dict[str, str]:
    made = reviewed({"format_version": "1.2", "resource_changes": list(entries)})
    return {finding.rule: finding.level.word for finding in made.findings if finding.rule.startswith("objects-")}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, expiring(1), id="tables"),
        pytest.param(None, expiring(1, "curated/sightings/keys/"), id="registers of keys"),
        pytest.param(None, expiring(1, "features/"), id="features"),
        pytest.param(None, expiring(1, "runs/"), id="manifests"),
        pytest.param(None, expiring(1, "exports/"), id="exports"),
        pytest.param(None, expiring(1, "raw/"), id="raw files"),
        pytest.param(None, expiring(1, ""), id="everything"),
        pytest.param(None, expiring(1, "anything/", bucket="another"), id="a bucket of others"),
        pytest.param(expiring(90), expiring(30), id="sooner"),
        pytest.param(expiring(30, "features/"), expiring(30), id="another prefix"),
        pytest.param(expiring(30, status="Disabled"), expiring(30), id="switched on"),
        pytest.param(None, rules(expiration=[{"date": "2027-01-01T00:00:00Z"}]), id="at a date"),
        pytest.param(None, rules(noncurrent_version_expiration=[{"noncurrent_days": 1}]), id="old versions"),
        pytest.param(None, rules(transition=[{"days": 1, "storage_class": "GLACIER"}]), id="an archive"),
        pytest.param(None, rules(transition=[{"days": 1, "storage_class": "DEEP_ARCHIVE"}]), id="a deep archive"),
        pytest.param(
            None,
            rules(noncurrent_version_transition=[{"noncurrent_days": 1, "storage_class": "GLACIER"}]),
            id="old versions in an archive",
        ),
        pytest.param(
            {"bucket": "lake", "rule": [{"status": "Enabled", "filter": [{"tag": [{"key": "a", "value": "b"}]}]}]},
            {
                "bucket": "lake",
                "rule": [
                    {
                        "status": "Enabled",
                        "filter": [{"tag": [{"key": "a", "value": "b"}]}],
                        "expiration": [{"days": 1}],
                    }
                ],
            },
            id="objects of a tag",
        ),
        pytest.param(
            {
                "bucket": "lake",
                "rule": [{"status": "Enabled", "filter": [{"object_size_less_than": 9}], "expiration": [{"days": 1}]}],
            },
            expiring(1, ""),
            id="large ones too, where only small ones went",
        ),
    ],
)
def test_rule_that_deletes_or_archives_is_data_at_risk(reviewed, before, after):
    assert set(found_by(reviewed, change(TYPE, before, after)).values()) == {"data"}


def test_rule_of_which_a_part_is_hidden_hides_no_other(reviewed):
    """What is hidden may have been narrower, later or switched off."""
    hidden = {"id": "h", "status": "Enabled", "filter": [{"prefix": "secret/"}], "expiration": [{"days": 1}]}
    entry = change(
        TYPE, {"bucket": "lake", "rule": [hidden]}, {"bucket": "lake", "rule": [hidden, *expiring(1)["rule"]]}
    )
    for path in ({"filter": True}, {"expiration": True}, {"status": True}, {"filter": [{"prefix": True}]}):
        marked = {"before_sensitive": {"rule": [path]}, "after_sensitive": {"rule": [path, False]}}
        assert "data" in found_by(reviewed, entry | {"change": entry["change"] | marked}).values()
        kept = change(
            TYPE, {"bucket": "lake", "rule": [hidden]}, {"bucket": "lake", "rule": [hidden], "tags": {"a": "b"}}
        )
        kept["change"] |= {"before_sensitive": {"rule": [path]}, "after_sensitive": {"rule": [path]}}
        assert found_by(reviewed, kept) == {}


def test_rule_of_a_bucket_resource_itself_is_read(reviewed):
    before = {"bucket": "lake", "id": "lake", "lifecycle_rule": []}
    after = before | {"lifecycle_rule": [{"enabled": True, "prefix": "curated/", "expiration": [{"days": 1}]}]}
    assert found_by(reviewed, change("aws_s3_bucket", before, after)) == {"objects-expire": "data"}


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param(lambda prefix: {"filter": [{"prefix": prefix}]}, id="filter"),
        pytest.param(
            lambda prefix: {"filter": [{"and": [{"prefix": prefix, "tags": {"a": "b"}}]}]}, id="one of several"
        ),
        pytest.param(lambda prefix: {"prefix": prefix}, id="rule itself"),
    ],
)
def test_prefix_of_a_rule_is_read_wherever_it_stands(reviewed, chosen):
    scratch, tables = (
        {"bucket": "lake", "rule": [{"status": "Enabled", "expiration": [{"days": 7}], **chosen(prefix)}]}
        for prefix in ("tmp/", "curated/")
    )
    assert found_by(reviewed, change(TYPE, None, scratch)) == {"objects-expire-unread": "change"}
    assert found_by(reviewed, change(TYPE, scratch, tables))["objects-expire"] == "data"


def test_unknown_retention_days_are_data_at_risk(reviewed):
    entry = change(TYPE, None, rules(expiration=[{"days": None}]))
    entry["change"] |= UNKNOWN_DAYS
    assert found_by(reviewed, entry) == {"objects-expire": "data"}


def test_unknown_lifecycle_rules_are_data_at_risk(reviewed):
    entry = change(TYPE, expiring(30), {"bucket": "lake"})
    entry["change"]["after_unknown"] = {"rule": True}
    assert found_by(reviewed, entry) == {"objects-expire": "data"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(expiring(30), expiring(30), id="as before"),
        pytest.param(None, expiring(30, status="Disabled"), id="switched off"),
        pytest.param(
            None, rules(transition=[{"days": 1, "storage_class": "GLACIER_IR"}]), id="cheaper and read at once"
        ),
        pytest.param(None, rules(expiration=[{"days": 0, "expired_object_delete_marker": True}]), id="delete markers"),
        pytest.param(None, rules(abort_incomplete_multipart_upload=[{"days_after_initiation": 7}]), id="unfinished"),
    ],
)
def test_rule_without_further_deletion_is_no_finding(reviewed, before, after):
    assert found_by(reviewed, change(TYPE, before, after)) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(expiring(30), expiring(60), id="later"),
        pytest.param(expiring(30, "curated/"), expiring(30, "curated/a/"), id="a part of what went before"),
        pytest.param(expiring(30), rules(), id="ends"),
        pytest.param(expiring(30), expiring(30, status="Disabled"), id="switched off"),
        pytest.param(rules(), rules(transition=[{"days": 30, "storage_class": "STANDARD_IA"}]), id="another class"),
    ],
)
def test_rule_after_which_objects_stay_or_lie_otherwise_needs_a_look(reviewed, before, after):
    assert found_by(reviewed, change(TYPE, before, after)) == {"objects-kept-longer": "change"}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(expiring(7, "athena-results/"), id="answers of Athena"),
        pytest.param(expiring(7, "tmp/"), id="scratch files"),
    ],
)
def test_lifecycle_rule_for_reproducible_data_needs_review(reviewed, after):
    assert found_by(reviewed, change(TYPE, None, after)) == {"objects-expire-unread": "change"}


@pytest.mark.parametrize(
    ("prefix", "level"), [("logs/", "change"), ("curated/", "data"), ("raw/", "data"), ("", "data")]
)
def test_new_bucket_holds_nothing_yet_but_its_tables_would_not_last(reviewed, prefix, level):
    bucket = change("aws_s3_bucket", None, {"bucket": "lake"})
    assert set(found_by(reviewed, bucket, change(TYPE, None, expiring(30, prefix))).values()) == {level}


def test_old_versions_of_a_new_bucket_may_go(reviewed):
    bucket = change("aws_s3_bucket", None, {"bucket": "lake"})
    entry = change(TYPE, None, rules("", noncurrent_version_expiration=[{"noncurrent_days": 90}]))
    assert found_by(reviewed, bucket, entry) == {"objects-expire-unread": "change"}


@pytest.mark.parametrize(
    ("actions", "mentioned", "level"),
    [
        pytest.param(["create"], "aws_s3_bucket.this.id", "change", id="of the new one"),
        pytest.param(["create"], "module.lake.bucket", "change", id="of one of a module"),
        pytest.param(["create"], "aws_s3_bucket.other.id", "data", id="of another one"),
        pytest.param(["no-op"], "aws_s3_bucket.this.id", "data", id="of one that is there"),
    ],
)
def test_name_that_only_the_apply_knows_is_that_of_a_new_bucket(reviewed, actions, mentioned, level):
    bucket = change("aws_s3_bucket", None, {"bucket": "lake"})
    bucket["change"] |= {"actions": actions, "before": None if actions == ["create"] else {"bucket": "lake"}}
    entry = change(TYPE, None, expiring(30, "logs/") | {"bucket": None})
    entry["change"]["after_unknown"] = {"bucket": True}
    block = {"address": f"{TYPE}.this", "mode": "managed", "expressions": {"bucket": {"references": [mentioned]}}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [bucket, entry],
        "configuration": {"root_module": {"resources": [block]}},
    }
    found = reviewed(plan).findings
    assert [each.level.word for each in found if each.rule.startswith("objects-expire")] == [level]


OF_BUCKET = {"id": "lake", "bucket": "lake"}


def inline(days: int, prefix: str = "curated/") -> dict:
    return OF_BUCKET | {"lifecycle_rule": [{"enabled": True, "prefix": prefix, "expiration": [{"days": days}]}]}


def kept(kind: str, attributes: dict) -> dict:
    entry = change(kind, attributes, attributes)
    entry["change"]["actions"] = ["no-op"]
    return entry


@pytest.mark.parametrize(
    ("other", "found"),
    [
        pytest.param(kept("aws_s3_bucket", inline(30)), {}, id="from the bucket, which has read it"),
        pytest.param(
            change("aws_s3_bucket", inline(30), OF_BUCKET | {"lifecycle_rule": []}),
            {"objects-kept-longer": "change"},  # its rules change, and delete nothing more
            id="from the bucket",
        ),
        pytest.param(change(TYPE, expiring(30), None) | {"address": f"{TYPE}.old"}, {}, id="from another address"),
        pytest.param(kept("aws_s3_bucket", inline(90)), {"objects-expire": "data"}, id="sooner than there"),
        pytest.param(kept("aws_s3_bucket", inline(30, "tmp/")), {"objects-expire": "data"}, id="of other objects"),
        pytest.param(kept("aws_s3_bucket", inline(30) | {"bucket": "b"}), {"objects-expire": "data"}, id="elsewhere"),
    ],
)
def test_rule_that_only_moves_deletes_nothing_more(reviewed, other, found):
    assert found_by(reviewed, change(TYPE, None, expiring(30)), other) == found


def test_rules_that_move_unseen_may_delete_more(reviewed):
    old = change(TYPE, expiring(30), None) | {"address": f"{TYPE}.old"}
    new = change(TYPE, None, {"bucket": "lake"})
    old["change"]["before_sensitive"] = {"rule": True}
    new["change"]["after_unknown"] = {"rule": True}
    assert found_by(reviewed, new, old) == {"objects-expire": "data"}
