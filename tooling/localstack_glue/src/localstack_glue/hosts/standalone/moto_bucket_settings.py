"""Settings of buckets as they were put: moto loses parts of some, and takes requests about others for something else.

A request about a setting that moto does not know lists, creates or deletes the bucket itself.
docs/reference/glue-service/stand-alone.md lists what is kept.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import xmltodict
from moto.s3.exceptions import InvalidArgumentError, S3ClientError
from moto.s3.responses import S3Response

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_NO_BODY = 204


class NoSuchSettingError(S3ClientError):
    """The bucket has no setting of this kind and id."""

    code = "NoSuchConfiguration"
    message = "The specified configuration does not exist."


@dataclass(frozen=True, slots=True)
class BucketSetting:
    """A kind of setting.

    Attributes:
        root: The element around it.
        is_checked: Whether moto checks it and answers while there is none.
        listing: The element around a list of all; empty where a bucket has one only, without an id.
        rules: The elements inside that have an id each, and what that id is called. S3 makes one where it is missing.
        default: What is inside while nothing was put.
    """

    root: str
    is_checked: bool = False
    listing: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    default: tuple[tuple[str, str], ...] = ()


# by the word of the query that asks for them
BUCKET_SETTINGS = {
    "lifecycle": BucketSetting("LifecycleConfiguration", is_checked=True, rules=(("Rule", "ID"),)),
    "notification": BucketSetting(
        "NotificationConfiguration",
        is_checked=True,
        rules=tuple((f"{kind}Configuration", "Id") for kind in ("Topic", "Queue", "CloudFunction")),
    ),
    "replication": BucketSetting("ReplicationConfiguration", is_checked=True, rules=(("Rule", "ID"),)),
    "logging": BucketSetting("BucketLoggingStatus", is_checked=True),
    "object-lock": BucketSetting("ObjectLockConfiguration", is_checked=True),
    "requestPayment": BucketSetting("RequestPaymentConfiguration", default=(("Payer", "BucketOwner"),)),
    "analytics": BucketSetting("AnalyticsConfiguration", listing="ListBucketAnalyticsConfigurationResult"),
    "intelligent-tiering": BucketSetting(
        "IntelligentTieringConfiguration", listing="ListBucketIntelligentTieringConfigurationsOutput"
    ),
    "inventory": BucketSetting("InventoryConfiguration", listing="ListInventoryConfigurationsResult"),
    "metrics": BucketSetting("MetricsConfiguration", listing="ListMetricsConfigurationsResult"),
}


def put(response: Any, request: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """Keep a setting as it came, after moto's checks.

    Raises:
        S3ClientError: an InvalidArgumentError; the document has another id than the query.
    """
    name = _named(query)
    if name is None:
        return _put(response, request, bucket_name, query)
    setting = BUCKET_SETTINGS[name]
    content = _content(setting, response.body)
    if setting.listing and _id(query) != content.get("Id"):
        raise InvalidArgumentError("Invalid Argument", "id", _id(query))
    if setting.is_checked:
        if not content:  # moto fails at one without anything, not even a namespace
            response.body = xmltodict.unparse({setting.root: {"@xmlns": _NAMESPACE}}).encode()
        answer = _put(response, request, bucket_name, query)
    else:
        _authorize(response, "PUT", bucket_name, query)
        answer = ""
    if not answer:
        _settings_of(response, bucket_name)[name, _id(query)] = content
    return answer


def get(response: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """A setting as it was put, or all of a kind that have ids."""
    name = _named(query)
    if name is None:
        return _get(response, bucket_name, query)
    setting = BUCKET_SETTINGS[name]
    if setting.is_checked:
        answer = _get(response, bucket_name, query)
    else:
        _authorize(response, "GET", bucket_name, query)
        answer = (200, {"Content-Type": "application/xml"}, "")
    kept = _settings_of(response, bucket_name)
    if setting.listing and "id" not in query:
        found = [document for (kind, _), document in sorted(kept.items()) if kind == name]
        return _answered(answer, setting.listing, {"IsTruncated": "false", setting.root: found})
    if (name, _id(query)) in kept:
        return _answered(answer, setting.root, kept[name, _id(query)])
    if setting.listing:
        raise NoSuchSettingError
    return answer if setting.is_checked else _answered(answer, setting.root, dict(setting.default))


def delete(response: Any, bucket_name: str, query: dict[str, Any]) -> Any:
    """Forget a setting. moto deletes the bucket where it does not know the setting."""
    name = _named(query)
    if name is None:
        return _delete(response, bucket_name, query)
    setting = BUCKET_SETTINGS[name]
    if setting.is_checked:
        answer = _delete(response, bucket_name, query)
    else:
        _authorize(response, "DELETE", bucket_name, query)
        answer = (_NO_BODY, {}, "")
    if _settings_of(response, bucket_name).pop((name, _id(query)), None) is None and setting.listing:
        raise NoSuchSettingError
    return answer


def _named(query: dict[str, Any]) -> str | None:
    return next((name for name in BUCKET_SETTINGS if name in query), None)


def _id(query: dict[str, Any]) -> str:
    return str(query.get("id", [""])[0])


def _settings_of(response: Any, bucket_name: str) -> dict[tuple[str, str], Any]:
    """The settings of a bucket by kind and id; they go with the bucket."""
    bucket = response.backend.get_bucket(bucket_name)
    if not hasattr(bucket, "settings_as_put"):
        bucket.settings_as_put = {}
    kept: dict[tuple[str, str], Any] = bucket.settings_as_put
    return kept


def _authorize(response: Any, method: str, bucket_name: str, query: dict[str, Any]) -> None:
    response._set_action("BUCKET", method, query)
    response._authenticate_and_authorize_s3_action(bucket_name=bucket_name)


def _content(setting: BucketSetting, body: bytes) -> Any:
    """The content of a document, each rule with an id."""
    content = xmltodict.parse(body, force_list=[element for element, _ in setting.rules])[setting.root] or {}
    for element, id_name in setting.rules:
        for rule in content.get(element, ()):
            rule.setdefault(id_name, secrets.token_hex(24))
    return content


def _answered(answer: Any, root: str, content: dict[str, Any]) -> Any:
    """An answer of moto with this document as its body."""
    status, headers, _ = answer
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, kept, xmltodict.unparse({root: {**content, "@xmlns": _NAMESPACE}})


_put, _get, _delete = (
    S3Response._bucket_response_put,
    S3Response._bucket_response_get,
    S3Response._bucket_response_delete,
)
