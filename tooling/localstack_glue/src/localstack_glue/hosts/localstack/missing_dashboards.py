"""Corrects the error for a missing dashboard: Terraform does not recognize that of LocalStack 4.13 and LocalEmu 1.3."""

from typing import Any

_WORDS = "does not exist"


def correct_missing_dashboard(_chain: Any, context: Any, response: Any) -> None:
    """Return AWS's error for a missing dashboard from GetDashboard.

    A state outlives its LocalStack, and the next plan reads dashboards that no longer exist.
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
