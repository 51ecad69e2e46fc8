"""SQLAlchemy: tables and views are reflected, and asked for by what was found."""

import os
from urllib.parse import quote_plus

import sqlalchemy

database, location = os.environ["ATHENA_DATABASE"], os.environ["ATHENA_LOCATION"]
engine = sqlalchemy.create_engine(
    f"awsathena+rest://@athena.{os.environ['AWS_REGION']}.amazonaws.com:443/{database}"
    f"?s3_staging_dir={quote_plus(location + 'results/')}&location={quote_plus(location)}&poll_interval=0.1"
)
with engine.connect() as connection:
    for statement in (
        f"CREATE EXTERNAL TABLE reflected (id bigint COMMENT 'key', name string) PARTITIONED BY (day date) "
        f"STORED AS PARQUET LOCATION '{location}reflected/'",
        "INSERT INTO reflected VALUES (1, 'a', DATE '2024-01-01')",
        "CREATE OR REPLACE VIEW seen AS SELECT id FROM reflected",
    ):
        connection.execute(sqlalchemy.text(statement))
    inspector = sqlalchemy.inspect(engine)
    assert database in inspector.get_schema_names()
    assert (inspector.get_table_names(schema=database), inspector.get_view_names(schema=database)) == (
        ["reflected"],
        ["seen"],
    )
    columns = inspector.get_columns("reflected", schema=database)
    assert [(each["name"], str(each["type"])) for each in columns] == [
        ("id", "BIGINT"),
        ("name", "VARCHAR"),
        ("day", "DATE"),
    ]
    assert columns[0]["comment"] == "key"
    table = sqlalchemy.Table("reflected", sqlalchemy.MetaData(), autoload_with=connection, schema=database)
    rows = connection.execute(sqlalchemy.select(table.c.id, table.c.name).where(table.c.id == 1)).fetchall()
    assert [tuple(row) for row in rows] == [(1, "a")]
    for statement in ("DROP VIEW seen", "DROP TABLE reflected"):
        connection.execute(sqlalchemy.text(statement))
