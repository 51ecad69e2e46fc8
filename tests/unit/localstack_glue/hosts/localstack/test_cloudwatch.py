"""LocalStack's CloudWatch: tags of alarms, and dashboards that are not there."""

from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api.cloudwatch import InvalidParameterValueException
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.services.cloudwatch.models import cloudwatch_stores

from localstack_glue.hosts.localstack.alarm_tags import keep_alarm_tags
from localstack_glue.hosts.localstack.missing_dashboards import correct_missing_dashboard

ACCOUNT, REGION = "000000000000", "eu-central-1"


def answered(operation: str, status: int = 200, **request: Any) -> None:
    context = SimpleNamespace(
        service=SimpleNamespace(service_name="cloudwatch"),
        operation=SimpleNamespace(name=operation),
        service_request=request,
        account_id=ACCOUNT,
        region=REGION,
        partition="aws",
    )
    keep_alarm_tags(None, context, SimpleNamespace(status_code=status))


def test_tags_of_a_new_alarm_are_kept_until_it_is_deleted():
    tags = cloudwatch_stores[ACCOUNT][REGION].TAGS
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:late"
    first, second = [{"Key": "k", "Value": "1"}], [{"Key": "k", "Value": "2"}]
    answered("PutMetricAlarm", 400, AlarmName="late", Tags=first)
    assert tags.list_tags_for_resource(arn)["Tags"] == []
    answered("PutMetricAlarm", AlarmName="late", Tags=first)
    answered("PutMetricAlarm", AlarmName="late", Tags=second)  # as on AWS, only TagResource changes them
    assert tags.list_tags_for_resource(arn)["Tags"] == first
    answered("DeleteAlarms", AlarmNames=["late"])
    assert tags.list_tags_for_resource(arn)["Tags"] == []


@pytest.mark.parametrize(
    ("operation", "message", "code"),
    [
        ("GetDashboard", "Dashboard late does not exist.", "ResourceNotFound"),
        ("PutDashboard", "The value for field DashboardName contains invalid characters.", "InvalidParameterValue"),
    ],
)
def test_dashboard_that_is_not_there_is_awss_error_and_no_wrong_parameter(operation, message, code):
    service, refused = load_service("cloudwatch"), InvalidParameterValueException(message)
    context = SimpleNamespace(
        service=service,
        operation=service.operation_model(operation),
        protocol="query",
        service_exception=refused,
        request=SimpleNamespace(headers={}),
        request_id="r",
    )
    response = Response(status=400)
    correct_missing_dashboard(None, context, response)
    assert context.service_exception.code == code
    assert response.status_code == (404 if code == "ResourceNotFound" else 400)
    assert (b"<Code>ResourceNotFound</Code>" in response.data) is (code == "ResourceNotFound")
