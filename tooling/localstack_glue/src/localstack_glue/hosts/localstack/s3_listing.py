"""Fixes LocalStack's listings of URL-encoded keys, which boto3, S3A and PyArrow request by default.

LocalStack 4.13.1 encodes each key before it compares it with the start of the page (marker, continuation token,
`StartAfter`), which is not encoded. '%3D' sorts before '=': of keys such as `day=1/x`, a listing loses all after its
first page. '%20' sorts after ' ': keys with a space are repeated, and the listing never ends. The fix lists keys
without encoding and encodes the response.
"""

import functools
import logging
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

LOG = logging.getLogger(__name__)
# only the second key is after the marker; with mixed encoding, either both or none are
PROBE_MARKER, PROBE_KEYS = "probe=1", ("probe/1", "probe=2")
# the handlers of LocalStack's S3, and where each may begin its page
START_PARAMETERS: Mapping[str, str] = {
    "list_objects": "marker",
    "list_objects_v2": "start_after",
    "list_object_versions": "key_marker",
    "list_multipart_uploads": "key_marker",
}
# what the S3 API reference names as encoded, of all four answers together
ENCODED_MEMBERS = ("Prefix", "Delimiter", "Marker", "NextMarker", "StartAfter", "KeyMarker", "NextKeyMarker")
ENCODED_LISTS: Mapping[str, str] = {
    "Contents": "Key",
    "Versions": "Key",
    "DeleteMarkers": "Key",
    "Uploads": "Key",
    "CommonPrefixes": "Prefix",
}


def repair(provider: type | None = None) -> tuple[str, ...]:
    """Replace the handlers of LocalStack's S3 provider that lose keys; return their names.

    A handler that answers rightly is left alone, and one that cannot be tried too.
    """
    if provider is None:
        from localstack.services.s3.provider import S3Provider

        provider = S3Provider
    mended = tuple(name for name in START_PARAMETERS if loses_keys(provider, name))
    for name in mended:
        setattr(provider, name, compare_decoded_keys(getattr(provider, name)))
    if mended:
        LOG.info("LocalStack's %s lose URL-encoded keys; corrected", ", ".join(mended))
    return mended


def loses_keys(provider: type, name: str) -> bool:
    """Test whether a handler leaves out the key after the start of its page, or lists one before it again."""
    bucket = _bucket_with_two_keys()
    store = SimpleNamespace(_get_cross_account_bucket=lambda *_args, **_kwargs: (None, bucket))
    start = {START_PARAMETERS[name]: PROBE_MARKER}
    try:
        answer = getattr(provider, name)(store, None, "probe", encoding_type="url", **start)
    except Exception as error:  # another LocalStack, which keeps its objects in another way
        LOG.warning("LocalStack's %s was not checked for the loss of URL-encoded keys: %r", name, error)
        return False
    listed = [item.get(member) for name, member in ENCODED_LISTS.items() for item in answer.get(name) or ()]
    return listed != [quote(PROBE_KEYS[1])]


def compare_decoded_keys(handler: Any) -> Any:
    """Wrap a handler so that it compares decoded keys, and encodes its response if requested."""

    @functools.wraps(handler)
    def list_decoded(self: Any, context: Any, *args: Any, encoding_type: str | None = None, **kwargs: Any) -> Any:
        answer = handler(self, context, *args, encoding_type=None, **kwargs)
        if encoding_type:
            encode(answer)
            answer["EncodingType"] = "url"
        return answer

    return list_decoded


def encode(answer: MutableMapping[str, Any]) -> None:
    """URL-encode the keys of a listing, in place."""
    for member in ENCODED_MEMBERS:
        if answer.get(member):
            answer[member] = quote(answer[member])
    for listed, member in ENCODED_LISTS.items():
        for item in answer.get(listed) or ():
            item[member] = quote(item[member])


def _bucket_with_two_keys() -> Any:
    """As much of a bucket as a listing looks at."""
    items = [
        SimpleNamespace(
            key=key,
            quoted_etag='""',
            size=0,
            last_modified=datetime.fromtimestamp(0, UTC),
            storage_class="STANDARD",
            checksum_algorithm=None,
            version_id=None,
            is_current=True,
        )
        for key in PROBE_KEYS
    ]
    uploads = {
        item.key: SimpleNamespace(
            id=item.key, object=item, initiated=item.last_modified, initiator=None, checksum_algorithm=None
        )
        for item in items
    }
    return SimpleNamespace(
        objects=SimpleNamespace(values=lambda **_options: items),
        multiparts=uploads,
        owner=None,
        bucket_region="us-east-1",
    )
