"""awswrangler: a partitioned data set is written, asked for in its three ways, and added to; values come back."""

import datetime
import os

import awswrangler as wr
import pandas

database, location = os.environ["ATHENA_DATABASE"], os.environ["ATHENA_LOCATION"]
wr.config.athena_query_wait_polling_delay = 0.1
frame = pandas.DataFrame(
    {
        "id": [1, 2, 3],
        "text": ['plain, with "quotes"', "two\nlines", None],
        "day": [datetime.date(2024, 1, 1), None, datetime.date(2024, 12, 31)],
        "part": ["a", "b", "b"],
    }
)
table = {"database": database, "table": "wrangled", "dataset": True}
wr.s3.to_parquet(frame, path=f"{location}wrangled/", partition_cols=["part"], **table)
ways = {
    "plain": {"ctas_approach": False, "s3_output": f"{location}r/"},
    "ctas": {"ctas_approach": True, "s3_output": f"{location}c/"},
    "unload": {"ctas_approach": False, "unload_approach": True, "s3_output": f"{location}u/"},
}
for way, options in ways.items():
    found = wr.athena.read_sql_query("SELECT * FROM wrangled ORDER BY id", database=database, **options)
    assert found["id"].tolist() == [1, 2, 3], way
    assert found["text"].fillna("").tolist() == ['plain, with "quotes"', "two\nlines", ""], way
    assert found["day"].tolist()[0] == datetime.date(2024, 1, 1), way
assert wr.catalog.get_partitions(database=database, table="wrangled").keys() == {
    f"{location}wrangled/part=a/",
    f"{location}wrangled/part=b/",
}
wr.athena.to_iceberg(
    frame[["id", "text"]],
    database,
    "berg",
    table_location=f"{location}berg/",
    temp_path=f"{location}t/",
    s3_output=f"{location}r/",
)
options = ways["plain"]
assert wr.athena.read_sql_query("SELECT count(*) n FROM berg", database=database, **options)["n"].tolist() == [3]
for name in ("wrangled", "berg"):
    wr.catalog.delete_table_if_exists(database=database, table=name)
