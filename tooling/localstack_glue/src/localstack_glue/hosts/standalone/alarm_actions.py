"""Notifies topics when an alarm's state changes; moto keeps the state, and runs none of an alarm's actions."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import botocore.session
from moto.cloudwatch.models import Alarm
from moto.sns.exceptions import SNSException
from moto.sns.models import sns_backends

LOG = logging.getLogger(__name__)
_ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


def publish_to_topics() -> None:
    """Make moto's alarms publish to the SNS topics among the actions of the state that they change to."""
    update: Callable[..., None] = Alarm.update_state
    if getattr(update, "tells_topics", False):  # by another server of this process
        return

    def update_state(alarm: Any, reason: str, reason_data: str, state_value: str) -> None:
        before = alarm.state_value
        update(alarm, reason, reason_data, state_value)
        if not alarm.actions_enabled or state_value == before:
            return
        for action in getattr(alarm, _ACTIONS[state_value]) or ():
            if action.split(":")[2] == "sns":
                _publish(alarm, action, before)
            else:
                LOG.info("this action of an alarm was not called, only topics are supported: %s", action)

    vars(update_state)["tells_topics"] = True
    Alarm.update_state = update_state


def build_message(alarm: Any, before: str) -> dict[str, Any]:
    """The message to a topic about an alarm that has changed its state.

    Source: docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    _, _, _, region, account, _, name = alarm.alarm_arn.split(":", 6)
    return {
        "AlarmName": name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _moment(alarm.state_updated_timestamp),
        "Region": region_title(region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": list(alarm.ok_actions or ()),
        "AlarmActions": list(alarm.alarm_actions or ()),
        "InsufficientDataActions": list(alarm.insufficient_data_actions or ()),
        **({"AlarmRule": alarm.rule} if alarm.rule else {"Trigger": _trigger(alarm)}),
    }


@functools.cache
def region_title(region: str) -> str:
    """A region's name in these messages, such as "US East (N. Virginia)"; its code if it has no name."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    titles = (partition["regions"].get(region, {}).get("description") for partition in partitions)
    return str(next((title for title in titles if title), region))


def _trigger(alarm: Any) -> dict[str, Any]:
    found = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "ExtendedStatistic" if alarm.extended_statistic else "Statistic",
        "Statistic": alarm.statistic.upper() if alarm.statistic else None,
        "ExtendedStatistic": alarm.extended_statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "",
    }
    always = ("Unit", "TreatMissingData")
    return {name: value for name, value in found.items() if name in always or value not in (None, "")}


def _publish(alarm: Any, topic_arn: str, before: str) -> None:
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    message = build_message(alarm, before)
    subject = f'{alarm.state_value}: "{message["AlarmName"]}" in {message["Region"]}'
    try:
        topic = sns_backends[account][region].get_topic(topic_arn)
    except SNSException:
        LOG.info("there is no topic %s", topic_arn)
        return
    topic.publish(json.dumps(message), subject=subject[:100])


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"
