"""LocalStack 4.13, and LocalEmu 1.3, call a missing dashboard a wrong parameter; Terraform never takes it for gone."""

from typing import Any

_WORDS = "does not exist"


def tell_missing_dashboard(_chain: Any, context: Any, response: Any) -> None:
    """Answer GetDashboard with AWS's error where there is no such dashboard.

    A state outlives the LocalStack that it is about, and the next plan then reads what is there.
    """
    if context.service is None or context.service.service_name != "cloudwatch" or context.operation is None:
        return
    refused = context.service_exception
    if context.operation.name != "GetDashboard" or refused is None or _WORDS not in str(refused):
        return
    from localstack.aws.api.cloudwatch import DashboardNotFoundError  # here, so that no start waits for it
    from localstack.aws.protocol.serializer import create_serializer

    error = DashboardNotFoundError(str(refused))
    context.service_exception = error
    serializer = create_serializer(context.service, context.protocol)
    response.update_from(
        serializer.serialize_error_to_response(error, context.operation, context.request.headers, context.request_id)
    )
