"""The job's own model of a contract, the one part of `etl_job` that the tooling imports, and here alone.

A second model would sooner or later accept what the job refuses. The modules named here need pydantic and PyYAML only,
neither Spark nor AWS; import-linter holds the rest of the border.
"""

from etl_job.contract.columns import Column, is_name_in_a_file
from etl_job.contract.date_formats import Layout
from etl_job.contract.document import CUSTOM_PROPERTIES, line_of_problem, parse_contract, shortened, shown
from etl_job.contract.file_formats import CsvFormat, FileFormat
from etl_job.contract.model import EARLIEST_DAY, EARLIEST_EVENT, ConflictPolicy, Contract
from etl_job.contract.rule_kinds import BY_FIELD as RULE_KINDS
from etl_job.contract.schemas import TableColumn, curated_columns, feature_columns
from etl_job.contract.yaml_text import Document, DocumentError, read_document
from etl_job.errors import ContractError

__all__ = [
    "CUSTOM_PROPERTIES",
    "EARLIEST_DAY",
    "EARLIEST_EVENT",
    "RULE_KINDS",
    "Column",
    "ConflictPolicy",
    "Contract",
    "ContractError",
    "CsvFormat",
    "Document",
    "DocumentError",
    "FileFormat",
    "Layout",
    "TableColumn",
    "curated_columns",
    "feature_columns",
    "is_name_in_a_file",
    "line_of_problem",
    "parse_contract",
    "read_document",
    "shortened",
    "shown",
]
