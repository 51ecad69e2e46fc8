"""The entry point of requests: it checks roles, serves this service's own APIs, and passes the rest to the backend."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError
from moto.core.request import Request
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from localstack_glue.events.bus import EventBus
from localstack_glue.events.glue_events import is_catalog_change
from localstack_glue.events.workflow_delivery import workflow_targets
from localstack_glue.hosts.standalone.browser_pages import BrowserPages
from localstack_glue.hosts.standalone.calls import ApiCall, identify_call, message_member, read_caller, replace_body
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.requests import (
    AccessDeniedError,
    ExpiredTokenError,
    deletions_all_refused,
    split_deletions,
    with_refused_deletions,
)
from localstack_glue.iam.service_permissions import Place
from localstack_glue.iam.sessions import RoleSession
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import ModelApi
from localstack_glue.service.control_addresses import CONTROL
from localstack_glue.service.errors import ServiceError

LOG = logging.getLogger(__name__)
OK = 200
_READS = ("Get", "List", "BatchGet", "Search")
_UNSIGNED = "Missing Authentication Token: sign the request, as SDKs do with any access key"
_MISPLACED = "Credential should be scoped to the service of the X-Amz-Target header"
_XML = ("query", "rest-xml", "ec2")
_REQUEST_ID = "x-amzn-RequestId"  # clients put it into their answers and logs


class Backend(Protocol):
    """Serves the requests that this service does not."""

    def answer(self, request: Request, scope: Scope) -> Response:
        """Answer a request whose body may have been read.

        Raises:
            ServiceError: it does not have the operation.
        """
        ...


class Gateway:
    """One WSGI application for all services.

    Args:
        apis: this service's own, by botocore's names of the services.
        backend: serves the other requests.
        guard: checks the calls of roles that the service assumed; None if nothing is checked.
        control: serves addresses below ``/_glue/``, which it gets without that prefix.
        events: is notified of changes of the catalog.
        on_change: called after a call of Glue that may have changed something.
        left_to_moto: serves the operations that this service's APIs leave to moto; None for the backend.
        pages: decides on the pages of browsers that call; None for those of this machine alone.
        find_account: returns the account of a key, if the backend decides it; None if it cannot.
    """

    def __init__(
        self,
        apis: Mapping[str, ModelApi],
        backend: Backend,
        guard: RoleGuard | None,
        control: Callable[[str, Request], Response],
        events: EventBus,
        on_change: Callable[[], None] = lambda: None,
        find_account: Callable[[str | None], str | None] = lambda _key: None,
        left_to_moto: Backend | None = None,
        pages: BrowserPages | None = None,
    ) -> None:
        self._apis = apis
        self._backend = backend
        self._guard = guard
        self._control = control
        self._events = events
        self._on_change = on_change
        self._find_account = find_account
        self._left_to_moto = left_to_moto or backend
        self._pages = pages or BrowserPages()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answered_page(request)
        except HTTPException as gone:  # the client, before it has sent all
            response = Response(gone.description, status=gone.code)
        return response(environ, start_response)

    def _answered_page(self, request: Request) -> Response:
        """The answer, with the rules of browsers, if a page asks."""
        if request.path.startswith(CONTROL):  # never for a page
            return self._answer(request)
        try:
            self._pages.check(request)
        except ServiceError as error:
            service = read_caller(request).service
            return _refusal(_error_protocol(request, service), error, service)
        response = self._pages.preflight(request) or self._answer(request)
        self._pages.allow(request, response)
        return response

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(CONTROL):
            try:
                return self._control(request.path.removeprefix(CONTROL), request)
            except BotoCoreError as error:  # the backend decides on roles
                return Response(json.dumps({"message": str(error)}), status=503, mimetype="application/json")
        caller, target = read_caller(request), request.headers.get("X-Amz-Target", "")
        if caller.key is None and self._is_own(target):
            unsigned = ServiceError("MissingAuthenticationTokenException", _UNSIGNED, 403, sender_fault=True)
            return _refusal("json", unsigned, caller.service)
        if self._is_own(target) and caller.service not in self._apis:  # moto would list buckets
            misplaced = ServiceError("InvalidSignatureException", _MISPLACED, 403, sender_fault=True)
            return _refusal("json", misplaced, caller.service)
        session = self._guard.find_session(caller.key) if self._guard and caller.key else None
        if session is None and caller.service not in (*self._apis, "events"):
            return self._answered_by_backend(request, caller.scope())
        try:
            scope = caller.scope(session.account_id if session else self._find_account(caller.key))
            call = identify_call(request, caller, self._apis)
        except ServiceError as error:
            return _refusal(_error_protocol(request, caller.service), error, caller.service)
        except (TypeError, ValueError) as error:
            unread = ServiceError("SerializationException", str(error), 400, sender_fault=True)
            return _refusal("json", unread, caller.service)
        if call is not None:
            return self._checked(request, scope, session, call)
        if self._is_own(target) or caller.service in self._apis:
            # an emulator behind may have one of that name, but its Glue has other data
            asked = target or f"{request.method} {request.path} of {caller.service}"
            message = f"{asked} is no operation that this server knows; a newer botocore beside it may have it"
            unknown = ServiceError("UnknownOperationException", message, 400, sender_fault=True)
            return _refusal("json", unknown, caller.service)
        if session is None:
            return self._answered_by_backend(request, scope)
        protocol = _error_protocol(request, caller.service)
        message = f"User: {session.arn} makes a call of {caller.service} that is unknown here: no policy can allow it"
        return _refusal(protocol, AccessDeniedError(protocol, message), caller.service)

    def _is_own(self, target: str) -> bool:
        """Whether an operation is one of this service's own APIs, by the header that names it."""
        prefix = target.partition(".")[0]
        return bool(prefix) and any(
            get_service_model(name).metadata.get("targetPrefix") == prefix for name in self._apis
        )

    def _answered_by_backend(self, request: Request, scope: Scope) -> Response:
        try:
            return self._backend.answer(request, scope)
        except ServiceError as error:
            service = read_caller(request).service
            return _refusal(_error_protocol(request, service), error, service)

    def _checked(self, request: Request, scope: Scope, session: RoleSession | None, call: ApiCall) -> Response:
        refused = ""
        try:
            if session is not None and session.is_over:
                raise ExpiredTokenError(call.protocol)
            if session is not None and self._guard is not None:
                place = Place(scope.partition, scope.region, scope.account_id)
                denials = self._guard.check(session, call.service, call.operation.name, call.parameters, place)
                if denials and call.operation.name == "DeleteObjects":
                    kept, refused = split_deletions(call.parameters["Delete"]["Objects"], denials)
                    if not kept:
                        return Response(deletions_all_refused(refused), mimetype="application/xml")
                    replace_body(request, _deletion(kept))
                elif denials:
                    raise AccessDeniedError(call.protocol, denials[0].message)
            if call.operation.name == "PutTargets":
                workflow_targets(call.parameters.get("Targets") or ())
            response = self._served(request, scope, call)
        except ServiceError as error:
            return _refusal(call.protocol, error, call.service)
        except BotoCoreError as error:  # the backend's IAM: without a response, nothing is allowed
            return _refusal(call.protocol, ServiceError("ServiceUnavailable", str(error), 503), call.service)
        if session is not None and self._guard is not None and call.service == "sts" and response.status_code == OK:
            self._guard.follow(call.operation.name, call.parameters, response.get_data(as_text=True))
        if refused:
            response.set_data(with_refused_deletions(response.get_data(as_text=True), refused))
        return response

    def _served(self, request: Request, scope: Scope, call: ApiCall) -> Response:
        api = self._apis.get(call.service)
        if api is None:
            return self._backend.answer(request, scope)
        try:
            answer = api.invoke(call.operation, scope, call.parameters)
        except NotImplementedError:
            response = self._left_to_moto.answer(request, scope)
        except ServiceError:
            raise
        except Exception as error:
            LOG.exception("%s broke the service", call.operation.name)
            raise ServiceError("InternalServiceException", f"{call.operation.name}: {error!r}", 500) from error
        else:
            response = _written(call, answer)
        self._announce(scope, call, response)
        return response

    def _announce(self, scope: Scope, call: ApiCall, response: Response) -> None:
        name = call.operation.name
        if call.service == "glue" and not name.startswith(_READS):
            self._on_change()
        if call.service != "glue" or response.status_code != OK or not is_catalog_change(name):
            return
        try:
            answer = json.loads(response.get_data() or b"{}")
            self._events.catalog_changed(scope, name, call.parameters, answer)
        except Exception:  # telling of a change must never undo it
            LOG.exception("could not tell of %s", name)


def _written(call: ApiCall, answer: Mapping[str, Any]) -> Response:
    serializer = get_serializer_class(call.service, call.protocol)(call.operation)
    written = serializer.serialize(answer)
    headers = {**written["headers"], _REQUEST_ID: str(uuid.uuid4())}
    return Response(written["body"], status=written["status_code"], headers=headers)


def _error_protocol(request: Request, service: str) -> str:
    """The protocol by which a client reads an error, if only the service of the call is known."""
    if service == "s3":
        return "rest-xml"
    is_json = "X-Amz-Target" in request.headers or (request.content_type or "").startswith("application/json")
    return "json" if is_json else "query"


def _refusal(protocol: str, error: ServiceError, service: str) -> Response:
    headers = {_REQUEST_ID: str(uuid.uuid4())}
    if protocol in _XML:
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error>'
            f"<Code>{error.code}</Code><Message>{_escaped(error.message)}</Message></Error>"
        )
        if protocol != "rest-xml":
            body = f"<ErrorResponse>{body.partition(chr(10))[2]}</ErrorResponse>"
        return Response(body, status=error.status_code, headers=headers, mimetype="application/xml")
    body = json.dumps({"__type": error.code, message_member(service, error.code): error.message, **error.members})
    headers["x-amzn-ErrorType"] = error.code
    return Response(body, status=error.status_code, headers=headers, content_type="application/x-amz-json-1.1")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _deletion(objects: Iterable[Mapping[str, Any]]) -> bytes:
    """The body of a DeleteObjects."""
    items = "".join(
        f"<Object><Key>{_escaped(item['Key'])}</Key>"
        + (f"<VersionId>{item['VersionId']}</VersionId>" if item.get("VersionId") else "")
        + "</Object>"
        for item in objects
    )
    return f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{items}</Delete>'.encode()
