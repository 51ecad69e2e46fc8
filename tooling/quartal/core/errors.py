"""The types of errors. The command line turns each into one message and one exit code."""

from __future__ import annotations

import re

EXIT_PIPELINE_FAILED = 1
EXIT_USAGE = 2
EXIT_CHANGES = 3
EXIT_TIMEOUT = 4
EXIT_UNKNOWN = 5
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def error_code(error: BaseException) -> str:
    """The code of an error, such as `not-deployed`, which is also its heading in docs/reference/errors.md."""
    words = re.findall("[A-Z][a-z]*", type(error).__name__.removesuffix("Error"))
    return "-".join(words).lower()


class QuartalError(Exception):
    """A failure that a user can act on: what happened, and what to do next."""

    exit_code = EXIT_PIPELINE_FAILED

    def __init__(self, message: str, *, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details


class ConfigurationError(QuartalError):
    """An argument, a file or an environment variable is missing or wrong."""

    exit_code = EXIT_USAGE


class ToolchainError(ConfigurationError):
    """A tool that the command needs is missing, too old or cannot be installed."""


class NotDeployedError(ConfigurationError):
    """The environment has no deployed pipeline to work on."""


class CommandError(QuartalError):
    """A program that Quartal ran ended with an unexpected exit code."""

    def __init__(self, message: str, *, exit_code: int, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy, details=details)
        self.command_exit_code = exit_code


class TerraformError(CommandError):
    """Terraform refused or failed; details hold its own diagnostics."""


class TerraformConfigurationError(TerraformError):
    """Terraform refused what the user gave it: a variable, a contract, the provider's mirror."""

    exit_code = EXIT_USAGE


class AwsError(QuartalError):
    """A call to AWS, or to LocalStack, was refused or got no answer."""


class UploadError(QuartalError):
    """Files could not be uploaded; those already in the lake stay, and the next attempt skips them."""


class IngestError(QuartalError):
    """Rows could not be read from a database; chunks already in the lake stay, and the next attempt uses them."""


class PipelineError(QuartalError):
    """The crawl or the job of a workflow run failed."""


class InterruptedCommandError(QuartalError):
    """Ctrl-C or a termination signal, in a command that can name what remains of its work."""

    exit_code = EXIT_INTERRUPTED


class WaitTimeoutError(QuartalError):
    """The awaited event had not happened by the deadline."""

    exit_code = EXIT_TIMEOUT


class UnknownOutcomeError(QuartalError):
    """It is not known whether a request took effect; nothing was undone or removed on a guess."""

    exit_code = EXIT_UNKNOWN


class WatchingError(UnknownOutcomeError):
    """A run could not be watched to its end; the run itself continues."""


class OutputError(QuartalError):
    """The result of the command could not be written to standard output."""


class BrokenOutputError(OutputError):
    """The reader of standard output has stopped reading, as in `quartal query ... | head`; no message is shown."""

    exit_code = EXIT_BROKEN_PIPE


class UnexpectedError(QuartalError):
    """A bug in Quartal; a log file has the details."""
