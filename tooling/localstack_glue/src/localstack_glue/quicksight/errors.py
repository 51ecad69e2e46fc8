"""The errors of the QuickSight API."""

# ruff: noqa: N818 - the class names are the codes that clients look for

from localstack_glue.service.errors import GlueError


class InvalidParameterValueException(GlueError):
    """The input is not acceptable."""


class ResourceExistsException(GlueError):
    """There is one of that id."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 409)


class ResourceNotFoundException(GlueError):
    """There is no resource with that id."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 404)
