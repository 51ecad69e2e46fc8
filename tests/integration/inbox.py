"""A queue that takes what a topic sends, for as long as a test waits for a message."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from quartal.core.polling import Waiter


@contextmanager
def open_inbox(topic: str, sqs: Any, sns: Any) -> Iterator[Callable[[str], str]]:
    """Waits for a message of the topic that holds a text; others may come before it."""
    queue = sqs.create_queue(QueueName=f"{topic.rsplit(':', 1)[1]}-inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    came: list[str] = []

    def receive() -> list[str]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            came.append(str(json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return came

    def wait(text: str) -> str:
        Waiter[list[str]](timeout_s=120).wait_until(
            receive,
            is_done=lambda messages: any(text in message for message in messages),
            describe=str,
            waiting_for=f"a message of the topic with {text!r}",
        )
        return next(message for message in came if text in message)

    try:
        yield wait
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=queue)
