"""What can stop a run. Every message says what is wrong and what to do about it, on one line."""


class QuartalJobError(Exception):
    """A run cannot go on. The last line on stderr, and so Glue's ErrorMessage, is this message."""


class ArgumentError(QuartalJobError):
    """The job was started with missing or malformed arguments."""


class ContractError(QuartalJobError):
    """The contract cannot be read, or asks for something the job does not do."""


class CatalogError(QuartalJobError):
    """The Glue catalog lacks the crawled table, a delivery, or a column."""


class InputError(QuartalJobError):
    """A raw file does not fit the contract as a whole, for instance lacks a required column."""


class ThresholdError(QuartalJobError):
    """A delivery holds more bad rows than the contract allows; nothing was published."""

    def __init__(self, message: str, delivery: str) -> None:
        super().__init__(message)
        self.delivery = delivery


class ReconciliationError(QuartalJobError):
    """Rows read differ from rows kept, quarantined and duplicate; nothing was published."""


class PublicationError(QuartalJobError):
    """The tables could not be changed, for instance because another run changed them meanwhile."""


class UnknownPublicationError(PublicationError):
    """Nobody knows whether a table was changed: nothing that the change names may be deleted."""


class ManifestError(QuartalJobError):
    """The record of a run could not be written."""


class LostFilesError(QuartalJobError):
    """A published table names files that are not there; nothing was read nor published."""
