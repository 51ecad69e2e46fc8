"""The check in LocalStack's gateway. Callers without credentials of a Glue role pass at the price of one look-up."""

import logging
from html import escape
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_glue.iam.guard import Denial, RoleGuard
from localstack_glue.iam.service_access import Place

LOG = logging.getLogger(__name__)
_CREDENTIAL = "Credential="


class AccessDenied(CommonServiceException):
    """A refusal, under the code that the service's protocol uses."""

    def __init__(self, protocol: str, message: str) -> None:
        is_xml = protocol in ("query", "rest-xml", "ec2")
        code = "AccessDenied" if is_xml else "AccessDeniedException"
        super().__init__(code, message, 400 if protocol == "json" else 403, sender_fault=True)


class RoleGuardHandler:
    """Appended to `serve_custom_service_request_handlers`: there the request is parsed and not yet served."""

    def __init__(self, guard: RoleGuard) -> None:
        self._guard = guard

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Raise AccessDenied if a role may not do what it asks for."""
        if not self._guard.has_sessions or context.operation is None:
            return
        key = access_key_id(context.request)
        session = self._guard.session_of(key) if key else None
        if session is None:
            return
        service, operation = context.service.service_name, context.operation.name
        place = Place(context.partition, context.region, context.account_id)
        call: Any = context.service_request or {}
        denials = self._guard.check(session, service, operation, call, place)
        if not denials:
            return
        for denial in denials:
            LOG.info("%s", denial.message)
        if service == "s3" and operation == "DeleteObjects":
            refuse_deletions(chain, context, response, denials)
            return
        raise AccessDenied(str(context.protocol or context.service.protocol), denials[0].message)


def access_key_id(request: Any) -> str | None:
    """Read who signed a request, by its header or, if it was signed ahead, by its address."""
    authorization: str = request.headers.get("Authorization") or ""
    start = authorization.find(_CREDENTIAL)
    if start >= 0:
        credential = authorization[start + len(_CREDENTIAL) :]
        key = credential.partition("/")[0]
        if key not in ("injectedaccesskey",):  # LocalStack's own, for requests without a header
            return key
    elif authorization.startswith("AWS "):
        return authorization[4:].partition(":")[0]
    if not request.query_string:
        return None
    signed = request.args.get("X-Amz-Credential") or request.args.get("AWSAccessKeyId")
    return signed.partition("/")[0] if signed else None


def refuse_deletions(chain: HandlerChain, context: RequestContext, response: Response, denials: list[Denial]) -> None:
    """Answer a DeleteObjects as S3 does: key by key. What may be deleted is deleted."""
    request: Any = context.service_request
    refused = {denial.access.resource.partition("/")[2]: denial.message for denial in denials}
    deletion = request["Delete"]
    kept = [item for item in deletion["Objects"] if item["Key"] not in refused]
    errors = "".join(
        f"<Error><Key>{escape(key)}</Key><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        for key, message in refused.items()
    )
    if kept:
        deletion["Objects"] = kept
        setattr(context, REFUSED_DELETIONS, errors)
        return
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="{namespace}">{errors}</DeleteResult>'
    response.status_code = 200
    response.mimetype = "application/xml"
    response.set_response(body)
    chain.stop()


REFUSED_DELETIONS = "localstack_glue_refused_deletions"


def add_refused_deletions(_chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Put the refused keys of a DeleteObjects beside the deleted ones; appended to the response handlers."""
    errors = getattr(context, REFUSED_DELETIONS, None)
    if errors is None or response.status_code != 200:
        return
    body = response.get_data(as_text=True)
    if "</DeleteResult>" in body:
        response.set_response(body.replace("</DeleteResult>", f"{errors}</DeleteResult>"))
    elif "<DeleteResult" in body:  # nothing else to tell: an element without content
        start = body.index("<DeleteResult")
        end = body.index("/>", start)
        response.set_response(f"{body[:end]}>{errors}</DeleteResult>")
