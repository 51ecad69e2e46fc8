"""PyAthena: the cursors, parameters, types of the answer."""

import datetime
import os
from decimal import Decimal

from pyathena import connect
from pyathena.error import OperationalError

options = {
    "s3_staging_dir": os.environ["ATHENA_LOCATION"] + "results/",
    "schema_name": os.environ["ATHENA_DATABASE"],
    "poll_interval": 0.1,
}
with connect(**options) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t(id, name) WHERE id > %(least)s", {"least": 0})
    assert cursor.fetchall() == [(1, "a"), (2, None)]
    assert [column[:2] for column in cursor.description] == [("id", "integer"), ("name", "varchar")]
    cursor.execute("SELECT ?, ?", ["1", "'x, y'"], paramstyle="qmark")
    assert cursor.fetchone() == (1, "x, y")
    cursor.execute("SELECT DATE '2024-02-29', TIMESTAMP '2024-02-29 10:00:00.5', DECIMAL '1.50', ARRAY[1, 2], true")
    day, moment, price, numbers, is_so = cursor.fetchone()
    assert (day, moment) == (datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 10, 0, 0, 500000))
    assert (price, numbers, is_so) == (Decimal("1.50"), [1, 2], True)
    reason = ""
    try:
        cursor.execute("SELECT * FROM nowhere")
    except OperationalError as error:
        reason = str(error)
    assert "TABLE_NOT_FOUND" in reason
