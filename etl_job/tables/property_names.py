"""Names of the job's records in the properties of the published tables, and in the summaries of their snapshots.

docs/reference/outputs.md describes them for other readers of the tables.
"""

# Of a table, each a JSON object with one entry per delivery.
KEY_REGISTERS = "quartal.key-registers"
KEY_REGISTER_FILES = "quartal.key-register-files"  # how many files a folder has: a run without valid rows leaves none
QUARANTINE = "quartal.quarantine"
# Of a table, JSON.
COUNTED_BY = "quartal.counted-by"

# Of a snapshot.
RUN = "quartal.run-id"
SOURCE_SNAPSHOT = "quartal.curated-snapshot-id"
PROCESSED = "quartal.deliveries"  # those that the run put into the table, or back into it, as a JSON list
WITHDRAWN = "quartal.withdrawn-deliveries"  # a JSON list
WITHDRAWN_FILES = "quartal.withdrawn-files"  # a digest of the raw files of each, as a JSON object
PREVIOUS = "quartal.previous-snapshot-id"  # the state before the run; the parent may be the run's own, and expire

# Of the snapshot of a quarter's tag.
AS_OF_QUARTER = "quartal.as-of-quarter"
DAYS_TO = "quartal.days-to"
LATER_DELIVERIES = "quartal.later-deliveries"  # a JSON list
CORRECTED_BY = "quartal.corrected-by"  # a JSON list
