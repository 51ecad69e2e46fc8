"""The errors of the Glue API, worded as AWS words them."""

# ruff: noqa: N818 - the class names are the codes that clients look for

from collections.abc import Mapping
from types import MappingProxyType


class ServiceError(Exception):
    """A refusal that is sent to the client.

    Attributes:
        code: the code that clients look for.
        message: AWS's words.
        status_code: of the HTTP response.
        sender_fault: whether the caller caused it.
        members: what the API's model gives this error besides its message.
    """

    members: Mapping[str, str] = MappingProxyType({})

    def __init__(self, code: str, message: str, status_code: int = 400, *, sender_fault: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status_code = status_code
        self.sender_fault = sender_fault


class GlueError(ServiceError):
    """Base of all modelled errors; the subclass's name is the code that a client sees."""

    def __init__(self, message: str, status_code: int = 400) -> None:
        super().__init__(type(self).__name__, message, status_code, sender_fault=status_code < 500)


class AlreadyExistsException(GlueError):
    """A resource of that name exists."""


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
    """The name was used with another definition before."""


class IllegalWorkflowStateException(GlueError):
    """The workflow run is in no state for this."""


class InvalidInputException(GlueError):
    """The input is not acceptable."""


class InvalidStateException(GlueError):
    """The stored state does not allow the call."""


class NoScheduleException(GlueError):
    """The crawler has no schedule."""


class OperationNotSupportedException(GlueError):
    """This operation is not supported here."""


class ResourceNumberLimitExceededException(GlueError):
    """There can be no more of these."""


class SchedulerNotRunningException(GlueError):
    """The crawler's schedule is not active."""


class SchedulerRunningException(GlueError):
    """The crawler's schedule is active already."""


class ValidationException(GlueError):
    """A member fails a constraint of the API's model."""
