"""Every end of a run has a reason on one line, with a remedy and without a stack trace."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import PythonException

from etl_job.arguments import parse_arguments
from etl_job.errors import InputError
from etl_job.failure_reasons import failure_reason, one_line
from etl_job.manifest.model import PublishedTable
from etl_job.notify.progress import Progress
from etl_job.processing import RunResult
from etl_job.publishing.publish import Published
from etl_job.run import main, run
from etl_job.run_record import RunRecord

STAGE = """Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in \
stage 3.0 (TID 9) (10.0.0.1 executor 2): java.io.EOFException: Unexpected end of input stream
\tat org.apache.hadoop.io.compress.DecompressorStream.decompress(DecompressorStream.java:165)
\tat java.base/java.lang.Thread.run(Thread.java:840)
"""
WORKER = """org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/tmp/etl_job/plain_staging.py", line 81, in _stage_part
    raise OSError(28, "No space left on device")
OSError: [Errno 28] No space left on device

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
"""


class Java:
    """An error of Java's, with the one below it."""

    _target_id = "o1"

    def __init__(self, text: str, cause: "Java | None" = None) -> None:
        self.text, self.cause = text, cause
        self._gateway_client = SimpleNamespace(is_connected=True, converters=(), send_command=lambda *_: "ys" + text)

    def getCause(self):  # noqa: N802
        return self.cause

    def toString(self):  # noqa: N802
        return self.text


def java_error(text: str, cause: Java | None = None) -> Py4JJavaError:
    return Py4JJavaError("An error occurred while calling o1.parquet.\n", Java(text, cause))


def refused(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


DEAD_WORKER = """Job aborted due to stage failure: Task 1 in stage 0.0 failed 1 times, most recent failure: Lost task \
1.0 in stage 0.0 (TID 1) (10.0.0.1 executor driver): java.net.SocketException: Connection reset
\tat java.base/sun.nio.ch.NioSocketImpl.implRead(NioSocketImpl.java:328)
\tat java.base/java.io.DataInputStream.readInt(DataInputStream.java:381)
\tat org.apache.spark.api.python.PythonRunner$$anon$3.read(PythonRunner.scala:774)
"""
DEAD_PEER = DEAD_WORKER.replace("spark.api.python.PythonRunner$$anon$3", "hadoop.fs.s3a.S3AInputStream")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InputError("file  x\nlacks a column"), "file x lacks a column"),
        (
            java_error(
                "x", Java("org.apache.spark.SparkException: EOFException while reading from pyspark.daemon's stdout.")
            ),
            "reading from pyspark.daemon's stdout. The job ran out of memory",
        ),
        (
            java_error(DEAD_WORKER, Java("java.net.SocketException: Connection reset")),
            "a Python worker exited (java.net.SocketException: Connection reset). The job ran out of memory",
        ),
        (
            java_error(DEAD_PEER, Java("java.net.SocketException: Connection reset")),
            "Spark failed: java.net.SocketException: Connection reset. AWS did not answer",
        ),
        (
            refused("PutObject", "AccessDenied", "no"),
            "PutObject was refused with AccessDenied: no. The job's role or the key's policy does not allow this",
        ),
        (
            refused("GetTable", "ThrottlingException", "Rate exceeded"),
            "AWS did not answer or was overloaded. Run again",
        ),
        (refused("ListObjectsV2", "ExpiredToken", "x"), "The job's credentials had expired. Run again"),
        (
            EndpointConnectionError(endpoint_url="https://s3"),
            'Could not connect to the endpoint URL: "https://s3". AWS did',
        ),
        (
            OSError("When reading x: AWS Error SLOW_DOWN\nmore"),
            "When reading x: AWS Error SLOW_DOWN. AWS did not answer",
        ),
        (
            FileNotFoundError("s3://b/k"),
            "s3://b/k does not exist (FileNotFoundError). A file disappeared during the run",
        ),
        (MemoryError(), "give it more or larger workers"),
        (
            java_error("x", Java("y", Java("java.lang.OutOfMemoryError: Java heap space"))),
            "Spark failed: java.lang.OutOf",
        ),
        (
            java_error(STAGE),
            "Spark failed: java.io.EOFException: Unexpected end of input stream. Run again; if it fails",
        ),
        (
            java_error("z", Java(WORKER)),
            "Spark failed: OSError: [Errno 28] No space left on device. The disk with the temporary files of Spark",
        ),
        (
            PythonException("An exception was thrown from the Python worker.\n" + WORKER),
            "Spark failed: OSError: [Errno 28]",
        ),
        (
            Py4JNetworkError("Error while sending"),
            "Spark's JVM has ended: Error while sending. The job ran out of memory",
        ),
        (KeyError("Table"), "unexpected KeyError: 'Table'. Run again; if it fails again, see the traceback in the"),
        (RecursionError(), "unexpected RecursionError: without a message. Run again"),
    ],
)
def test_reason_has_failure_and_remedy_on_one_line(error, reason):
    said = failure_reason(error)
    assert reason in said
    assert "\n" not in said
    assert not any(word in said for word in ("Py4JJavaError", "Traceback", "\tat ", "An error occurred while calling"))


def test_lost_jvm_is_not_reported_as_an_unreachable_aws_endpoint():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        client = ClientServer(JavaParameters(port=taken.getsockname()[1]), PythonParameters(port=0))
        try:
            with pytest.raises(ConnectionRefusedError) as gone:
                client.jvm.java.lang.System.currentTimeMillis()
        finally:
            client.shutdown()  # its threads would keep the process
    said = failure_reason(gone.value)
    assert said.startswith("Spark's JVM has ended: ")
    assert "The job ran out of memory" in said


def test_long_reason_is_cut_and_the_remedy_stays():
    said = failure_reason(OSError("SlowDown " + "x" * 10_000))
    assert len(said) < 1200
    assert said.endswith("Run again")


def test_control_characters_of_data_reach_no_terminal():
    assert one_line("a\x1b[31m\u202eb\u0085c\u2028d\te\n") == "a\\x1b[31m\\u202eb c d e"
    lines: list[str] = []
    Progress(lines.append).log("left-out", file="s3://b/\x1b]0;x\x07.csv", message="a\nb")
    assert lines == ["[quartal] stage=left-out file=s3://b/\\x1b]0;x\\x07.csv message=a b\n"]


def test_main_ends_with_the_reason_alone_and_the_log_has_the_traceback(monkeypatch, capsys):
    def broken(*_: object) -> None:
        raise KeyError("Table")

    monkeypatch.setattr("etl_job.run.run", broken)
    arguments = ["--lake_bucket", "b", "--dataset", "d", "--contract", "c", "--database", "x"]
    assert parse_arguments(arguments).dataset == "d"
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    said = str(stopped.value)
    error = "unexpected KeyError: 'Table' (test_failure_reasons.py, "
    assert said.startswith(f"QuartalJobError (no event of the run): {error}")
    assert said.endswith("see the traceback in the job's log")
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_failure_after_publication_states_that_the_publication_stands(tmp_path, moto_catalog, monkeypatch):
    def published_then_cut_off(services: object, spark: object, start: RunRecord) -> Iterator[RunRecord]:
        curated = PublishedTable(table="lake.d_curated", location="", snapshot_id=1, files=1, partitions=(), tags=())
        yield replace(start, result=RunResult(published=Published(curated=curated)))
        raise OSError("AWS Error SLOW_DOWN")

    monkeypatch.setattr("etl_job.run.get_session", lambda _: None)
    monkeypatch.setattr("etl_job.run._steps", published_then_cut_off)
    arguments = ["--lake_bucket", f"file://{tmp_path}", "--dataset", "d", "--contract", "c", "--database", "x"]
    with pytest.raises(OSError, match="SLOW_DOWN"):
        run(parse_arguments([*arguments, "--run_id", "one"]), {}, Progress(lambda _: None))
    reason = json.loads((tmp_path / "runs" / "d" / "one.json").read_text())["reason"]
    assert reason == (
        "AWS Error SLOW_DOWN. AWS did not answer or was overloaded. Run again. What this run published stands; "
        "the next run does what is left"
    )
