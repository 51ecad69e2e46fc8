"""Services as LocalStack takes them: a handler for each operation of the API, errors in its classes."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.spec import load_service
from localstack.services.moto import MotoFallbackDispatcher
from localstack.services.plugins import Service, ServiceLifecycleHook

from localstack_glue.iam.requests import access_key_id
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import ModelApi
from localstack_glue.service.errors import ServiceError
from localstack_glue.service.json_types import check_body
from localstack_glue.service.models import JsonDict


class HostedApi(ServiceLifecycleHook):
    """One service behind LocalStack's gateway; operations that it leaves to moto fall through to it."""

    def __init__(self, api: ModelApi) -> None:
        self.api = api
        self.service = api.service
        self.version = api.version

    def on_before_start(self) -> None:
        """Called before LocalStack passes on the first request."""
        self.api.start()

    def on_before_stop(self) -> None:
        """Called before LocalStack stops."""
        self.api.close()


def hosted(api: ModelApi) -> HostedApi:
    """A provider with a handler for each operation of the API: LocalStack looks for them in its class."""
    handlers = {f"op_{operation}": _handler(operation) for operation in load_service(api.service).operation_names}
    provider: HostedApi = type(f"Hosted{type(api).__name__}", (HostedApi,), handlers)(api)
    return provider


def build_service(api: ModelApi) -> Service:
    """The service in the form that LocalStack's plugins have."""
    return Service.for_provider(hosted(api), dispatch_table_factory=MotoFallbackDispatcher)


def refused(error: ServiceError) -> CommonServiceException:
    """An error in the class that LocalStack's serializers know."""
    as_theirs = CommonServiceException(error.code, error.message, error.status_code, sender_fault=error.sender_fault)
    for member, value in error.members.items():
        setattr(as_theirs, member, value)  # their serializers read them from there
    return as_theirs


def read_scope(context: RequestContext) -> Scope:
    """The account, region and caller of a request."""
    return Scope(context.account_id, context.region, access_key_id(context.request) or "")


def _handler(operation: str) -> Callable[..., Any]:
    def handle(self: HostedApi, context: RequestContext, request: JsonDict) -> JsonDict:
        try:
            if context.operation.service_model.protocol == "json":
                check_body(context.operation, context.request.get_data())
            return self.api.invoke(context.operation, read_scope(context), request)
        except ServiceError as error:
            raise refused(error) from error

    handle.__name__ = f"op_{operation}"  # the dispatch table finds a handler by its function's name
    marked: Callable[..., Any] = handler(operation, expand=False)(handle)
    return marked
