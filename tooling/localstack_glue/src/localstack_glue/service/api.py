"""An API as botocore's model describes it: one handler for each operation, and what becomes of the others."""

from collections.abc import Callable, Mapping

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.aws.spec import load_service
from moto.core.utils import camelcase_to_underscores
from moto.glue.responses import GlueResponse

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import OperationNotSupportedException, ValidationException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.request_checks import check_members, check_required

Operation = Callable[[Scope, JsonDict], JsonDict]


class ModelApi:
    """Handlers for all operations of a service; those without an implementation fall through to moto.

    Subclasses name the `service`, the `version` of its API, and the error that a request gets which breaks the model.
    """

    service: str
    version: str
    bad_request: Callable[[str], CommonServiceException] = ValidationException
    # operations behind the model's checks of which AWS has checks and words of its own
    own_checks: frozenset[str] = frozenset()

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "service" in vars(cls):
            _add_handlers(cls)

    def invoke(self, operation: str, context: RequestContext, request: JsonDict) -> JsonDict:
        """Check a request against the model and run it; raise NotImplementedError to let moto have it."""
        implementation = self._operations.get(operation)
        if implementation is None:
            self.leave_to_moto(operation)
        check = check_required if operation in self.own_checks else check_members
        check(context.operation.input_shape, request, type(self).bad_request)
        if implementation is None:
            raise NotImplementedError
        answer = implementation(Scope(context.account_id, context.region), request)
        return {member: value for member, value in answer.items() if value is not None}

    def leave_to_moto(self, operation: str) -> None:
        """Refuse an operation that moto does not know either."""


def _add_handlers(api: type[ModelApi]) -> None:
    for operation in load_service(api.service).operation_names:

        def handle(self: ModelApi, context: RequestContext, request: JsonDict, operation: str = operation) -> JsonDict:
            return self.invoke(operation, context, request)

        # the dispatch table finds a handler by its function's name
        handle.__name__ = f"op_{operation}"
        setattr(api, handle.__name__, handler(operation, expand=False)(handle))


class GlueApi(ModelApi):
    """Glue."""

    service = "glue"
    version = "2017-03-31"
    # the schema registry answers InvalidInputException and names the parameter: moto has those checks and words
    own_checks = frozenset(
        {
            "CreateRegistry",
            "CreateSchema",
            "GetSchemaVersion",
            "PutSchemaVersionMetadata",
            "RegisterSchemaVersion",
        }
    )

    def leave_to_moto(self, operation: str) -> None:
        """Refuse an operation that moto does not know either; raise OperationNotSupportedException."""
        if not is_stored_by_moto(operation):
            raise OperationNotSupportedException(f"localstack-glue does not support {operation}")


def is_stored_by_moto(operation: str) -> bool:
    """Whether moto answers an operation of Glue: it keeps what it is given, and nothing follows from it."""
    return hasattr(GlueResponse, camelcase_to_underscores(operation))
