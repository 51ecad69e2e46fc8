"""The reason of a failure and its remedy on one line, for the job's own errors and for all others."""

import re
import traceback
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JError, Py4JJavaError

from etl_job.errors import QuartalJobError

_LONGEST = 1000
_CAUSES = 20  # of an error of Java's, at most

_AGAIN = "Run again"
_REMEDIES = (
    (
        r"OutOfMemory|MemoryError|bad_alloc|malloc of size|exit code:? 137|ExecutorLost|JVM has ended"
        r"|Python worker exited|pyspark\.daemon",
        "The job ran out of memory: give it more or larger workers (`job` in the environment's tfvars), deploy, "
        "and run again",
    ),
    (
        r"FileNotFound|NoSuchKey|No such file",
        "A file disappeared during the run, perhaps because it was replaced or removed. Run again",
    ),
    (
        r"No space left on device|Disk quota",
        "The disk with the temporary files of Spark (spark.local.dir) or Python (TMPDIR) is full: give the job larger "
        "workers, deploy, and run again",
    ),
    (
        r"InvalidObjectState",
        "The file is in a storage class from which it has to be restored: restore it, and run again",
    ),
    (
        r"AccessDenied|ACCESS_DENIED|not authorized|Status Code: 403|Forbidden",
        "The job's role or the key's policy does not allow this: grant it in infra/, deploy, and run again",
    ),
    (r"ExpiredToken|InvalidToken|token .{0,40}expired", f"The job's credentials had expired. {_AGAIN}"),
    (
        r"SlowDown|SLOW_DOWN|Throttl|RequestLimit|Service ?Unavailable|SERVICE_UNAVAILABLE|InternalError"
        r"|INTERNAL_FAILURE|InternalServ|[Tt]imed? ?out|TIMEOUT|NETWORK_CONNECTION|[Cc]onnection|Could not connect",
        f"AWS did not answer or was overloaded. {_AGAIN}",
    ),
)
# Java's words for a connection that ended, where the other end is a Python of Spark's own and none of AWS's machines
_LOST_WORKER = re.compile(
    r"(java\.(?:net\.SocketException|io\.EOFException)[^\n]*)\n(?:\s+at (?:java|sun|jdk)\.[^\n]*\n)*"
    r"\s+at org\.apache\.spark\.api\.python\."
)
_UNKNOWN = "Run again; if it fails again, see the traceback in the job's log"


def one_line(text: object) -> str:
    """A text without line breaks and control characters."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)


def failure_reason(error: BaseException) -> str:
    """Why a run cannot continue: the message of the job's own errors; for other errors, what failed and what to do."""
    what = failure_cause(error)
    if isinstance(error, QuartalJobError):
        return what
    remedy = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, what)), _UNKNOWN)
    return f"{what.rstrip('.')}. {remedy}"


def failure_cause(error: BaseException) -> str:
    """What failed, without a remedy, for use within a longer message."""
    return one_line(error) if isinstance(error, QuartalJobError) else one_line(_what(error))[:_LONGEST]


def _what(error: BaseException) -> str:
    if isinstance(error, ClientError):
        answer = error.response.get("Error", {})
        message = answer.get("Message") or "without a message"
        return f"{error.operation_name} was refused with {answer.get('Code', 'no code')}: {message}".rstrip(".")
    if isinstance(error, Py4JJavaError):
        return f"Spark failed: {_of_java(error)}"
    if isinstance(error, Py4JError) or (isinstance(error, ConnectionError) and _is_of_the_jvm(error)):
        return f"Spark's JVM has ended: {_first_line(error)}"
    if type(error).__module__.startswith("pyspark"):
        # Its text would come from the JVM, which may have ended.
        return f"Spark failed: {_line_with_the_reason(getattr(error, 'desc', None) or str(error))}"
    if isinstance(error, FileNotFoundError):
        return f"{_first_line(error)} does not exist (FileNotFoundError)"
    if isinstance(error, (BotoCoreError, OSError)):
        return _first_line(error) or type(error).__name__
    return f"unexpected {type(error).__name__}: {_first_line(error) or 'without a message'}{_place(error)}"


def _of_java(error: Py4JJavaError) -> str:
    if dead := _LOST_WORKER.search(str(error)):
        return f"a Python worker exited ({dead[1].strip()})"
    text = _line_with_the_reason(str(error).partition("\n")[2].removeprefix(": "))
    with suppress(Py4JError, OSError, AttributeError):  # the JVM may have ended
        cause = error.java_exception
        for _ in range(_CAUSES):
            if (below := cause.getCause()) is None:
                break
            cause = below
        text = _line_with_the_reason(str(cause.toString()))
    return text


def _line_with_the_reason(text: str) -> str:
    """The line with the reason in a text that contains stack traces of Java and Python."""
    _, is_of_task, of_task = text.partition("most recent failure: ")
    text = re.sub(r"^Lost task [^:]*: ", "", of_task) if is_of_task else text
    if "Traceback (most recent call last)" in text:
        lines = text.partition("Traceback (most recent call last)")[2].splitlines()
        raised = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(:|$)", line)]
        if raised:
            return raised[-1]
    return next((line.strip() for line in text.splitlines() if line.strip()), "without a reason")


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "").rstrip(".")


def _is_of_the_jvm(error: BaseException) -> bool:
    """Whether the error comes from the connection to the JVM, which has ended."""
    return any("/py4j/" in frame.filename.replace("\\", "/") for frame in traceback.extract_tb(error.__traceback__))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    return f" ({frames[-1].filename.rpartition('/')[2]}, line {frames[-1].lineno})"
