"""The signer of a request, and the response to a refused one: the same on every host."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from localstack_glue.iam.guard import Denial
from localstack_glue.service.errors import ServiceError

_CREDENTIAL = "Credential="
# fields of an S3 form that need permissions, or that conditions compare
_MEMBERS_OF_FORMS = {
    "acl": "ACL",
    "tagging": "Tagging",
    "x-amz-object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "x-amz-object-lock-mode": "ObjectLockMode",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-storage-class": "StorageClass",
}
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class AccessDeniedError(ServiceError):
    """A refusal, under the code that the service's protocol uses."""

    def __init__(self, protocol: str, message: str) -> None:
        is_xml = protocol in ("query", "rest-xml", "ec2")
        code = "AccessDenied" if is_xml else "AccessDeniedException"
        super().__init__(code, message, 400 if protocol == "json" else 403, sender_fault=True)


class ExpiredTokenError(ServiceError):
    """Temporary credentials whose time is over, under the code that the service's protocol uses."""

    def __init__(self, protocol: str) -> None:
        is_s3, is_xml = protocol == "rest-xml", protocol in ("query", "rest-xml", "ec2")
        message = (
            "The provided token has expired." if is_s3 else "The security token included in the request is expired"
        )
        code = "ExpiredToken" if is_xml else "ExpiredTokenException"
        super().__init__(code, message, 403 if is_xml and not is_s3 else 400, sender_fault=True)


def access_key_id(request: Any) -> str | None:
    """Read who signed a request: by its header or, if it was signed ahead, by its address or its form."""
    authorization: str = request.headers.get("Authorization") or ""
    start = authorization.find(_CREDENTIAL)
    if start >= 0:
        credential = authorization[start + len(_CREDENTIAL) :]
        key = credential.partition("/")[0]
        if key not in ("injectedaccesskey",):  # LocalStack's own, for requests without a header
            return key
    elif authorization.startswith("AWS "):
        return authorization[4:].partition(":")[0]
    if request.query_string:
        signed = request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId")
        if signed:
            return str(signed).partition("/")[0]
    return _key_of_a_form(request)


def posted_form(request: Any) -> dict[str, str]:
    """The fields of an S3 form, in small letters; empty for any other request. Its body can be read again."""
    headers, method = request.headers, getattr(request, "method", "")
    if method != "POST" or not (headers.get("Content-Type") or "").lower().startswith("multipart/form-data"):
        return {}
    request.get_data()
    return {name.lower(): value for name, value in request.form.items()}


def posted_call(request: Any) -> dict[str, str]:
    """The key of the object that an S3 form uploads, and its settings, as members of a PutObject."""
    uploaded = next(iter(request.files.values()), None)
    name = (uploaded.filename or "") if uploaded is not None else ""
    form = posted_form(request)
    settings = {member: form[field] for field, member in _MEMBERS_OF_FORMS.items() if form.get(field)}
    return {"Key": form.get("key", "").replace("${filename}", name), **settings}


def _key_of_a_form(request: Any) -> str | None:
    form = posted_form(request)
    signed = form.get("x-amz-credential") or form.get("awsaccesskeyid")
    return signed.partition("/")[0] if signed else None


def split_deletions(objects: Iterable[Mapping[str, Any]], denials: list[Denial]) -> tuple[list[Any], str]:
    """The keys that a DeleteObjects may delete, and errors for the others: S3 refuses key by key."""
    refused = {denial.access.resource.partition("/")[2]: denial.message for denial in denials}
    kept = [item for item in objects if item["Key"] not in refused]
    errors = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        for key, message in refused.items()
    )
    return kept, errors


def deletions_all_refused(errors: str) -> str:
    """The response to a DeleteObjects if every key is refused."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="{_NAMESPACE}">{errors}</DeleteResult>'


def with_refused_deletions(body: str, errors: str) -> str:
    """The response to a DeleteObjects, with the refused keys added to the deleted ones."""
    if "</DeleteResult>" in body:
        return body.replace("</DeleteResult>", f"{errors}</DeleteResult>")
    if "<DeleteResult" in body:  # an element without content
        start = body.index("<DeleteResult")
        end = body.index("/>", start)
        return f"{body[:end]}>{errors}</DeleteResult>"
    return body
