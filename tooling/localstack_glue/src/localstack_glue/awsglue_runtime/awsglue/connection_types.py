"""What the `connection_type` of a source or sink stands for."""

from awsglue.errors import unsupported

FILE_TYPES = ("s3", "file")
DATABASE_TYPES = ("postgresql", "mysql", "sqlserver", "oracle", "jdbc", "custom.jdbc", "marketplace.jdbc")
_INSTEAD = {"redshift": "Redshift unloads to and loads from S3; use postgresql to rehearse with a PostgreSQL"}


def is_database(connection_type: str) -> bool:
    """Whether a connection goes to a database through JDBC."""
    return connection_type.lower() in DATABASE_TYPES


def file_source(connection_type: str, format_name: str | None) -> tuple[str, str | None]:
    """The type and format of a place for files; `parquet` and `orc` may be named as the type."""
    if connection_type.lower() in {"parquet", "orc"}:
        return "s3", format_name or connection_type.lower()
    if connection_type not in FILE_TYPES:
        unsupported(f"the connection type {connection_type}", _INSTEAD.get(connection_type.lower(), ""))
    return connection_type, format_name
