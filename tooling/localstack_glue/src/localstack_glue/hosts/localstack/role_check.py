"""The check in LocalStack's gateway. Callers without credentials of a Glue role pass at the price of one look-up."""

import logging
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from localstack_glue.hosts.localstack.dispatch import refused
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.requests import (
    AccessDeniedError,
    ExpiredTokenError,
    access_key_id,
    deletions_all_refused,
    posted_call,
    split_deletions,
    with_refused_deletions,
)
from localstack_glue.iam.service_permissions import Place

LOG = logging.getLogger(__name__)
REFUSED_DELETIONS = "localstack_glue_refused_deletions"


class RoleGuardHandler:
    """Appended to `serve_custom_service_request_handlers`: there the request is parsed and not yet served."""

    def __init__(self, guard: RoleGuard) -> None:
        self._guard = guard

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Raise AccessDenied, in LocalStack's class, if a role may not do what it asks for."""
        if not self._guard.has_sessions or context.operation is None:
            return
        key = access_key_id(context.request)
        session = self._guard.find_session(key) if key else None
        if session is None:
            return
        protocol = str(context.protocol or context.service.protocol)
        if session.is_over:
            raise refused(ExpiredTokenError(protocol))
        service, operation = context.service.service_name, context.operation.name
        place = Place(context.partition, context.region, context.account_id)
        call: Any = context.service_request or {}
        if operation == "PostObject":
            call = {**call, **posted_call(context.request)}
        denials = self._guard.check(session, service, operation, call, place)
        if not denials:
            return
        for denial in denials:
            LOG.info("%s", denial.message)
        if service == "s3" and operation == "DeleteObjects":
            deletion = call["Delete"]
            deletion["Objects"], errors = split_deletions(deletion["Objects"], denials)
            if deletion["Objects"]:
                setattr(context, REFUSED_DELETIONS, errors)
                return
            response.status_code = 200
            response.mimetype = "application/xml"
            response.set_response(deletions_all_refused(errors))
            chain.stop()
            return
        raise refused(AccessDeniedError(protocol, denials[0].message))


class RoleChain:
    """Appended to the response handlers: sees which session a role got for another role."""

    def __init__(self, guard: RoleGuard) -> None:
        self._guard = guard

    def __call__(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Look at the answers of STS to roles only."""
        if not self._guard.has_sessions or context.operation is None or context.service.service_name != "sts":
            return
        key = access_key_id(context.request)
        if response.status_code == 200 and key and self._guard.find_session(key) is not None:
            call: Any = context.service_request or {}
            self._guard.follow(context.operation.name, call, response.get_data(as_text=True))


def add_refused_deletions(_chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Add the refused keys of a DeleteObjects to the deleted ones; appended to the response handlers."""
    errors = getattr(context, REFUSED_DELETIONS, None)
    if errors is not None and response.status_code == 200:
        response.set_response(with_refused_deletions(response.get_data(as_text=True), errors))
