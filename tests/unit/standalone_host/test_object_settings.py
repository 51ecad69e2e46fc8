"""Tags, locks and ACLs of objects."""

from datetime import UTC, datetime

import pytest

from tests.unit.standalone_host.place import refusal

UNTIL = datetime(2100, 1, 1, tzinfo=UTC)
RETENTION = {"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL}


@pytest.fixture(scope="module")
def s3(lake):
    """A client, and a bucket whose objects can be locked."""
    lake.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    lake.put_object(Bucket="locked", Key="a", Body=b"a")
    return lake


@pytest.mark.parametrize(
    "call",
    [
        lambda s3, of: s3.put_object_retention(Retention=RETENTION, **of),
        lambda s3, of: s3.get_object_retention(**of),
        lambda s3, of: s3.put_object_legal_hold(LegalHold={"Status": "ON"}, **of),
        lambda s3, of: s3.get_object_legal_hold(**of),
        lambda s3, of: s3.put_object_tagging(Tagging={"TagSet": []}, **of),
        lambda s3, of: s3.get_object_tagging(**of),
        lambda s3, of: s3.delete_object_tagging(**of),
        lambda s3, of: s3.put_object_acl(ACL="private", **of),
        lambda s3, of: s3.get_object_acl(**of),
    ],
)
def test_setting_of_no_object_is_an_error_that_is_not_sent_again(s3, call):
    assert refusal(lambda: call(s3, {"Bucket": "locked", "Key": "none"})) == "NoSuchKey"


def test_lock_comes_back_as_it_was_put(s3):
    where = {"Bucket": "locked", "Key": "a"}
    for read in (s3.get_object_retention, s3.get_object_legal_hold):
        assert refusal(lambda: read(**where)) == "NoSuchObjectLockConfiguration"  # noqa: B023
        assert refusal(lambda: read(Bucket="lake", Key="open/a.csv")) == "InvalidRequest"  # noqa: B023
    s3.put_object_retention(Retention=RETENTION, **where)
    s3.put_object_legal_hold(LegalHold={"Status": "ON"}, **where)
    assert s3.get_object_retention(**where)["Retention"] == RETENTION
    assert s3.get_object_legal_hold(**where)["LegalHold"] == {"Status": "ON"}


def test_tags_may_be_none_and_have_a_key_each(s3):
    where = {"Bucket": "lake", "Key": "open/a.csv"}
    one = {"Key": "a", "Value": "b"}
    s3.put_object_tagging(Tagging={"TagSet": [one]}, **where)
    assert refusal(lambda: s3.put_object_tagging(Tagging={"TagSet": [one, one]}, **where)) == "InvalidTag"
    assert s3.get_object_tagging(**where)["TagSet"] == [one]
    s3.put_object_tagging(Tagging={"TagSet": []}, **where)
    assert s3.get_object_tagging(**where)["TagSet"] == []


def test_acl_is_one_that_s3_has(s3):
    assert refusal(lambda: s3.put_object_acl(Bucket="lake", Key="open/a.csv", ACL="mine")) == "InvalidArgument"


def test_acl_of_an_object_is_that_of_the_document(s3):
    where = {"Bucket": "lake", "Key": "open/a.csv"}
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    policy = {"Owner": {"ID": "owner"}, "Grants": [{"Grantee": everybody, "Permission": "READ"}]}
    s3.put_object_acl(AccessControlPolicy=policy, **where)
    (grant,) = s3.get_object_acl(**where)["Grants"]
    assert (grant["Grantee"]["URI"], grant["Permission"]) == (everybody["URI"], "READ")
