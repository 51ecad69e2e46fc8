"""Streams of CloudWatch Logs (G29)."""

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from localstack_glue.service.log_stream import MAX_EVENTS, MAX_STREAM_CHARS, LogStream


class FakeLogs:
    """Takes log events."""

    exceptions = SimpleNamespace(ResourceAlreadyExistsException=KeyError)

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.created: list[dict[str, str]] = []

    def create_log_group(self, **names: str) -> None:
        self.created.append(names)

    create_log_stream = create_log_group

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: Any) -> None:
        self.batches.append([event["message"] for event in logEvents])


def test_log_is_sent_in_batches_and_its_stream_created_once():
    logs = FakeLogs()
    stream = LogStream(logs, "group", "stream")
    for number in range(MAX_EVENTS + 1):
        stream.write(str(number))
    stream.flush()
    stream.write("")
    stream.flush()

    assert [len(batch) for batch in logs.batches] == [MAX_EVENTS, 1, 1]
    assert logs.batches[-1] == [" "]  # CloudWatch Logs takes no empty event
    assert len(logs.created) == 2


def test_flood_of_log_lines_is_cut_with_a_word():
    logs = FakeLogs()
    stream = LogStream(logs, "group", "stream")
    for _ in range(3 * MAX_STREAM_CHARS // 10_000):
        stream.write("x" * 10_000)
    stream.flush()

    lines = [line for batch in logs.batches for line in batch]
    assert sum(map(len, lines)) <= MAX_STREAM_CHARS + 200
    assert "the rest was dropped" in lines[-1]


def test_role_without_permission_to_create_a_group_uses_the_existing_one():
    class Strict(FakeLogs):
        def create_log_group(self, **names: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "CreateLogGroup")

    logs = Strict()
    stream = LogStream(logs, "group", "stream")
    stream.write("a line")
    stream.flush()
    assert logs.batches == [["a line"]]


def test_group_of_an_encrypting_configuration_gets_its_key():
    class Keyed(FakeLogs):
        def associate_kms_key(self, **names: str) -> None:
            raise ClientError({"Error": {"Code": "InternalFailure", "Message": "not implemented"}}, "AssociateKmsKey")

    logs = Keyed()
    stream = LogStream(logs, "group", "stream", "arn:aws:kms:::key/1")
    stream.write("a line")
    stream.flush()
    assert logs.created[0] == {"logGroupName": "group", "kmsKeyId": "arn:aws:kms:::key/1"}
    assert logs.batches == [["a line"]]
