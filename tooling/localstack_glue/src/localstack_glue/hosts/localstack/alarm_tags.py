"""Keeps the tags of PutMetricAlarm and PutCompositeAlarm: LocalStack 4.13 drops them, and Terraform would miss them."""

from typing import Any

_PUTS = ("PutMetricAlarm", "PutCompositeAlarm")


def keep_alarm_tags(_chain: Any, context: Any, response: Any) -> None:
    """Store the tags of an alarm that was put, and remove those of deleted alarms.

    As on AWS, putting an existing alarm keeps its tags.
    """
    if context.service is None or context.service.service_name != "cloudwatch" or context.operation is None:
        return
    if response.status_code >= 300:
        return
    request, operation = context.service_request or {}, context.operation.name
    if operation in _PUTS and request.get("Tags"):
        tags, arn = _find_tags(context), _arn(context, request["AlarmName"])
        if not tags.list_tags_for_resource(arn)["Tags"]:
            tags.tag_resource(arn, request["Tags"])
    elif operation == "DeleteAlarms":
        for name in request.get("AlarmNames") or ():
            _find_tags(context).del_resource(_arn(context, name))


def _find_tags(context: Any) -> Any:
    from localstack.services.cloudwatch.models import cloudwatch_stores  # here, so that no start waits for it

    return cloudwatch_stores[context.account_id][context.region].TAGS


def _arn(context: Any, alarm_name: str) -> str:
    return f"arn:{context.partition}:cloudwatch:{context.region}:{context.account_id}:alarm:{alarm_name}"
