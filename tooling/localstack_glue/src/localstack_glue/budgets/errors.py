"""The errors of the Budgets API."""

# ruff: noqa: N818 - the class names are the codes that clients look for

from localstack_glue.service.errors import GlueError


class DuplicateRecordException(GlueError):
    """There is one of that name."""


class InvalidParameterException(GlueError):
    """The input is not acceptable."""


class NotFoundException(GlueError):
    """There is no resource of that name."""
