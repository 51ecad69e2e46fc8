"""The job's own rules about files: which of them are part of a delivery, and how packed files begin."""

from etl_job.deliveries.file_names import (
    HIDDEN,
    NO_BYTES,
    PARTITION_KEY,
    delivery_named_by,
    is_folder_marker,
    is_hidden,
    why_hidden,
    why_left_out,
)
from etl_job.reading.unpacking import READ_ERRORS, unpacked_beginning

__all__ = [
    "HIDDEN",
    "NO_BYTES",
    "PARTITION_KEY",
    "READ_ERRORS",
    "delivery_named_by",
    "is_folder_marker",
    "is_hidden",
    "unpacked_beginning",
    "why_hidden",
    "why_left_out",
]
