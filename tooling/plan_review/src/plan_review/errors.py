"""The types of errors; each has a message and a remedy."""

from __future__ import annotations

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_APPROVED = 3


class ReviewError(Exception):
    """A failure that a user can act on."""

    exit_code = EXIT_FAILED

    def __init__(self, message: str, *, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details


class ReviewInputError(ReviewError):
    """An input file or argument of a review cannot be used."""

    exit_code = EXIT_USAGE


class PlanError(ReviewError):
    """Terraform's output for a plan cannot be read."""


class PriceListError(ReviewError):
    """AWS's price list lacks a price."""
