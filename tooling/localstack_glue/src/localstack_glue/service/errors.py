"""The errors of the Glue API, worded as AWS words them."""

# ruff: noqa: N818 - the class names are the codes that clients look for

from localstack.aws.api import CommonServiceException


class GlueError(CommonServiceException):
    """Base of all modelled errors; the subclass's name is the code that a client sees."""

    def __init__(self, message: str, status_code: int = 400) -> None:
        super().__init__(type(self).__name__, message, status_code, sender_fault=status_code < 500)


class AlreadyExistsException(GlueError):
    """A resource of that name is there."""


class ConcurrentModificationException(GlueError):
    """Someone else changed the resource in between."""


class ConcurrentRunsExceededException(GlueError):
    """Too many runs at once (G8, G27)."""


class CrawlerNotRunningException(GlueError):
    """The crawler is idle (G13)."""


class CrawlerRunningException(GlueError):
    """The crawler is at work (G13)."""


class CrawlerStoppingException(GlueError):
    """The crawler is being stopped (G13)."""


class EntityNotFoundException(GlueError):
    """No resource of that name."""


class GlueEncryptionException(GlueError):
    """KMS did not encrypt something."""


class IdempotentParameterMismatchException(GlueError):
    """The same name was given to another definition before."""


class IllegalWorkflowStateException(GlueError):
    """The workflow run is in no state for this."""


class InvalidInputException(GlueError):
    """The input is not acceptable."""


class InvalidStateException(GlueError):
    """What is stored does not allow it."""


class NoScheduleException(GlueError):
    """The crawler has no schedule."""


class OperationNotSupportedException(GlueError):
    """Nobody here answers this operation."""


class ResourceNumberLimitExceededException(GlueError):
    """There can be no more of these."""


class SchedulerNotRunningException(GlueError):
    """The crawler's schedule is not active."""


class SchedulerRunningException(GlueError):
    """The crawler's schedule is active already."""


class ValidationException(GlueError):
    """A member fails a constraint of the API's model."""
