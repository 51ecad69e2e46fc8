"""By boto3 alone: a table is made, written, read and described; a view and an Iceberg table too."""


def test_rows_are_written_and_read_back(place):
    place.ask(
        f"CREATE EXTERNAL TABLE cars (id bigint, brand string, price double) PARTITIONED BY (year int) "
        f"STORED AS PARQUET LOCATION '{place.location}cars/'"
    )
    place.ask("INSERT INTO cars VALUES (1, 'Audi', 1.5e0, 2023), (2, 'BMW', 2e0, 2024), (3, NULL, NULL, 2024)")
    assert place.ask("SELECT year, count(*) AS n, sum(price) AS total FROM cars GROUP BY year ORDER BY year") == [
        ["year", "n", "total"],
        ["2023", "1", "1.5"],
        ["2024", "2", "2.0"],
    ]
    assert sorted(place.ask("SHOW PARTITIONS cars")) == [["year=2023"], ["year=2024"]]
    place.ask("CREATE OR REPLACE VIEW dear AS SELECT * FROM cars WHERE price > 1.7e0")
    assert place.ask("SELECT brand FROM dear")[1:] == [["BMW"]]
    for statement in ("DROP VIEW dear", "DROP TABLE cars"):
        place.ask(statement)


def test_iceberg_table_is_changed_row_by_row(place):
    place.ask(
        f"CREATE TABLE stock (id bigint, name string) LOCATION '{place.location}stock/' "
        "TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    place.ask("INSERT INTO stock VALUES (1, 'a'), (2, 'b')")
    place.ask(
        "MERGE INTO stock t USING (VALUES (2, 'B'), (3, 'c')) AS s(id, name) ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"
    )
    place.ask("DELETE FROM stock WHERE id = 1")
    assert place.ask("SELECT * FROM stock ORDER BY id")[1:] == [["2", "B"], ["3", "c"]]
    place.ask("DROP TABLE stock")
