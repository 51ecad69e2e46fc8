"""Listings of URL-encoded keys in LocalStack's S3: all keys, each once, page after page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Multipart, S3Object, VersionedKeyStore
from localstack.services.s3.provider import S3Provider
from localstack.services.s3.utils import generate_safe_version_id

from localstack_glue.hosts.localstack import s3_listing

KEYS = ("a b/1", "a b/2", "day=1/x", "day=2/x", "day=2/y", "é&1", "é&2")
OWNER = {"DisplayName": "webfile", "ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}
ALPHABET = "a= /+%&é!"


class MendedProvider(S3Provider):
    """LocalStack's provider with the remedy, and one bucket."""

    def __init__(self, bucket: S3Bucket) -> None:
        self._get_cross_account_bucket = lambda *_args, **_options: (None, bucket)

    def pages(self, operation: str, continue_at: dict[str, str], **request: Any) -> Iterator[dict[str, Any]]:
        """Ask for page after page as boto3's paginators do: what continues a page is decoded."""
        start: dict[str, str] = {}
        for _ in range(100):
            answer = getattr(self, operation)(context=None, bucket="lake", **{**request, **start})
            yield answer
            if not answer["IsTruncated"]:
                return
            start = {parameter: _next(answer, member) for parameter, member in continue_at.items()}
        raise AssertionError(f"{operation} never ends")


assert s3_listing.repair(MendedProvider) == tuple(s3_listing.START_PARAMETERS)


def _next(answer: dict[str, Any], member: str) -> str:
    value = answer.get(member) or answer["Contents"][-1]["Key"]  # boto3 does so without NextMarker
    return str(value) if member == "NextContinuationToken" or "Id" in member else unquote(value)


def bucket_with(keys: Any) -> S3Bucket:
    bucket = S3Bucket("lake", "000000000000", "us-east-1", OWNER)
    for key in keys:
        bucket.objects.set(key, S3Object(key, etag="e", size=1))
    return bucket


def decoded(pages: list[dict[str, Any]], listed: str = "Contents", member: str = "Key") -> list[str]:
    return [unquote(item[member]) for page in pages for item in page.get(listed, ())]


V1 = ("list_objects", {"marker": "NextMarker"}, {"max_keys": 2})
V2 = ("list_objects_v2", {"continuation_token": "NextContinuationToken"}, {"max_keys": 2})


@pytest.mark.parametrize("listing", [pytest.param(V1, id="list-objects"), pytest.param(V2, id="list-objects-v2")])
@pytest.mark.parametrize("prefix", ["", "day=", "é&"])
def test_all_pages_together_hold_each_key_once(listing, prefix):
    operation, continue_at, request = listing
    provider = MendedProvider(bucket_with(KEYS))

    pages = list(provider.pages(operation, continue_at, encoding_type="url", prefix=prefix, **request))

    assert decoded(pages) == [key for key in KEYS if key.startswith(prefix)]
    assert {page["EncodingType"] for page in pages} == {"url"}
    assert {page["Prefix"] for page in pages} == {quote(prefix)}


@pytest.mark.parametrize("listing", [pytest.param(V1, id="list-objects"), pytest.param(V2, id="list-objects-v2")])
def test_folders_of_all_pages_are_listed_once(listing):
    operation, continue_at, request = listing
    provider = MendedProvider(bucket_with(KEYS))

    pages = list(provider.pages(operation, continue_at, encoding_type="url", delimiter="/", **request))

    assert decoded(pages, "CommonPrefixes", "Prefix") == ["a b/", "day=1/", "day=2/"]
    assert decoded(pages) == ["é&1", "é&2"]


def test_delimiter_that_needs_encoding_is_returned_encoded():
    answer = MendedProvider(bucket_with(KEYS)).list_objects_v2(None, bucket="b", encoding_type="url", delimiter="=")

    assert (answer["Delimiter"], answer["CommonPrefixes"]) == ("%3D", [{"Prefix": "day%3D"}])


def test_start_after_is_compared_decoded_and_returned_encoded():
    answer = MendedProvider(bucket_with(KEYS)).list_objects_v2(
        None, bucket="b", encoding_type="url", start_after="day=1/x"
    )

    assert decoded([answer]) == ["day=2/x", "day=2/y", "é&1", "é&2"]
    assert answer["StartAfter"] == "day%3D1/x"


def test_plain_listing_stays_as_it_is():
    request = {"bucket": "b", "prefix": "day=", "max_keys": 2}
    bucket = bucket_with(KEYS)
    provider = SimpleNamespace(_get_cross_account_bucket=lambda *_args, **_options: (None, bucket))

    assert MendedProvider(bucket).list_objects_v2(None, **request) == S3Provider.list_objects_v2(
        provider, None, **request
    )


def test_versions_of_all_pages_are_listed_once():
    bucket = bucket_with(())
    bucket.versioning_status, bucket.objects = "Enabled", VersionedKeyStore()
    versions = [
        S3Object(key, etag="e", size=1, version_id=generate_safe_version_id()) for key in KEYS for _ in range(2)
    ]
    for second, version in enumerate([*versions, S3DeleteMarker("day=2/y", generate_safe_version_id())]):
        version.last_modified = datetime.fromtimestamp(second, UTC)
        bucket.objects.set(version.key, version)
    continue_at = {"key_marker": "NextKeyMarker", "version_id_marker": "NextVersionIdMarker"}

    pages = list(
        MendedProvider(bucket).pages("list_object_versions", continue_at, encoding_type="url", max_keys=3, prefix="")
    )

    assert decoded(pages, "Versions") == [key for key in KEYS for _ in range(2)]
    assert decoded(pages, "DeleteMarkers") == ["day=2/y"]
    assert len({item["VersionId"] for page in pages for item in page.get("Versions", ())}) == 2 * len(KEYS)


def test_uploads_of_all_pages_are_listed_once():
    bucket = bucket_with(())
    for second, upload in enumerate(S3Multipart(key) for key in KEYS for _ in range(2)):
        upload.initiated = datetime.fromtimestamp(second, UTC)
        bucket.multiparts[upload.id] = upload
    continue_at = {"key_marker": "NextKeyMarker", "upload_id_marker": "NextUploadIdMarker"}

    pages = list(
        MendedProvider(bucket).pages("list_multipart_uploads", continue_at, encoding_type="url", max_uploads=3)
    )

    assert decoded(pages, "Uploads") == [key for key in KEYS for _ in range(2)]
    assert {item["UploadId"] for page in pages for item in page["Uploads"]} == set(bucket.multiparts)


@given(
    st.sets(st.text(ALPHABET, min_size=1, max_size=6), max_size=12),
    st.text(ALPHABET, max_size=2),
    st.integers(1, 4),
    st.sampled_from([V1, V2]),
)
@settings(max_examples=100, deadline=None)
def test_any_keys_are_listed_in_order(keys, prefix, page_size, listing):
    operation, continue_at, _ = listing
    provider = MendedProvider(bucket_with(keys))

    pages = list(provider.pages(operation, continue_at, encoding_type="url", prefix=prefix, max_keys=page_size))

    assert decoded(pages) == sorted(key for key in keys if key.startswith(prefix))


def test_handlers_that_lose_nothing_are_left_alone():
    class Mended(MendedProvider):
        pass

    assert s3_listing.repair(Mended) == ()


def test_other_provider_is_left_unchanged_and_logged(caplog):
    class Other:
        pass

    assert s3_listing.repair(Other) == ()
    assert "list_objects_v2 was not checked" in caplog.text
