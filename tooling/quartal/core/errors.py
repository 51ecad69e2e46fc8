"""What can go wrong, as types. The command line turns each into one message and one exit code."""

from __future__ import annotations

import re

EXIT_PIPELINE_FAILED = 1
EXIT_USAGE = 2
EXIT_CHANGES = 3
EXIT_TIMEOUT = 4
EXIT_UNKNOWN = 5
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def code_of(error: BaseException) -> str:
    """The kind of a failure in a word, as `not-deployed`; its part of docs/reference/errors.md has that name."""
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
    """A call to AWS, or to LocalStack, was refused or did not get through."""


class UploadError(QuartalError):
    """Files could not be uploaded; those already there stay and are skipped by the next try."""


class IngestError(QuartalError):
    """Rows could not be brought out of a database; chunks that are in the lake stay and are used by the next try."""


class PipelineError(QuartalError):
    """The crawl or the job of a workflow run failed."""


class InterruptedCommandError(QuartalError):
    """Ctrl-C, or an order to terminate, where the command knows what remains of what it started."""

    exit_code = EXIT_INTERRUPTED


class WaitTimeoutError(QuartalError):
    """What was waited for did not come to an end before the deadline."""

    exit_code = EXIT_TIMEOUT


class UnknownOutcomeError(QuartalError):
    """It could not be found out whether what was asked for took effect; nothing was undone or removed on a guess."""

    exit_code = EXIT_UNKNOWN


class WatchingError(UnknownOutcomeError):
    """A run could not be watched to its end; the run itself goes on."""


class OutputError(QuartalError):
    """What the command has to say could not be written to standard output."""


class BrokenOutputError(OutputError):
    """Who read standard output has gone, as in `quartal query ... | head`: nobody needs telling."""

    exit_code = EXIT_BROKEN_PIPE


class UnexpectedError(QuartalError):
    """A mistake of Quartal's own; a file holds the particulars."""
