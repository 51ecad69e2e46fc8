"""The errors that stop a run. Each message is one line that states what is wrong and what to do."""

_SHOWN = 80  # characters of a property's value


class QuartalJobError(Exception):
    """A run cannot continue. Its message is the last line on stderr, and so Glue's ErrorMessage."""


class ArgumentError(QuartalJobError):
    """The job was started with missing or malformed arguments."""


class ContractError(QuartalJobError):
    """The contract cannot be read, or asks for something that the job does not support."""


class CatalogError(QuartalJobError):
    """The Glue catalog lacks the crawled table, a delivery, or a column."""


class InputError(QuartalJobError):
    """A raw file as a whole does not fit the contract, for instance because a required column is missing."""


class ThresholdError(QuartalJobError):
    """A delivery has more bad rows than the contract allows; nothing was published."""

    def __init__(self, message: str, delivery: str) -> None:
        super().__init__(message)
        self.delivery = delivery


class ReconciliationError(QuartalJobError):
    """The kept, quarantined and duplicate rows do not add up to the rows read; nothing was published."""


class PublicationError(QuartalJobError):
    """The tables could not be changed, for instance because another run changed them in the meantime."""


class UnknownPublicationError(PublicationError):
    """It is unknown whether a table was changed, so no file of the change may be deleted."""


class ManifestError(QuartalJobError):
    """The record of a run could not be written."""


class TableRecordError(QuartalJobError):
    """A property that the job writes to a published table has been changed, so its record cannot be read."""

    def __init__(self, table: str, name: str, value: str) -> None:
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
        super().__init__(
            f"property {name} of {table} is not what the job wrote: {shown!r}. Set it to its value in an earlier "
            "metadata file of the table, or drop the table; the next run creates it again"
        )
        self.table = table
        self.name = name
        self.value = shown


class LostFilesError(QuartalJobError):
    """A published table refers to missing files; nothing was read or published."""


class ForeignChangeError(QuartalJobError):
    """Another program changed a published table, so a run cannot build on what earlier runs left; nothing was read."""


class UnreadableTableError(QuartalJobError):
    """The metadata of a published table is damaged, of a later Iceberg, or not Iceberg's; nothing was published."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(
            f"{table} cannot be read as an Iceberg table: {reason}. Another program has written to it, or to Glue's "
            "entry: set that entry's metadata_location to the last metadata file that the job wrote, or drop the "
            "table; the next run creates it again"
        )
        self.table = table
        self.reason = reason
