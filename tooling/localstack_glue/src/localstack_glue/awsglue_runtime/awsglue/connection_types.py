"""The meaning of the `connection_type` of a source or sink."""

from awsglue.errors import unsupported

FILE_TYPES = ("s3", "file")
DATABASE_TYPES = ("postgresql", "mysql", "sqlserver", "oracle", "jdbc", "custom.jdbc", "marketplace.jdbc")
_INSTEAD = {"redshift": "Redshift unloads to and loads from S3; use postgresql to rehearse with a PostgreSQL"}


def is_database(connection_type: str) -> bool:
    """Whether a connection type is a database behind JDBC."""
    return connection_type.lower() in DATABASE_TYPES


def file_source(connection_type: str, format_name: str | None) -> tuple[str, str | None]:
    """The type and format of a source of files. `parquet` and `orc` are accepted as types."""
    if connection_type.lower() in {"parquet", "orc"}:
        return "s3", format_name or connection_type.lower()
    if connection_type not in FILE_TYPES:
        unsupported(f"the connection type {connection_type}", _INSTEAD.get(connection_type.lower(), ""))
    return connection_type, format_name
