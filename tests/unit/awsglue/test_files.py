import gzip
import os

import pytest

from awsglue import file_sources, listing
from awsglue.bookmarks import SourceFile
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.listing import without_excluded
from tests.unit.awsglue.conftest import rows


def read(context, path, format_name="csv", format_options=None, **connection):
    return context.create_dynamic_frame.from_options(
        "s3", {"paths": [str(path)], **connection}, format=format_name, format_options=format_options or {}
    )


def test_csv_columns_are_strings_named_by_position(glue_context, tmp_path):
    (tmp_path / "a.csv").write_text('1,"x ""y"", z"\n2,\n')

    frame = read(glue_context, tmp_path)

    assert frame.toDF().dtypes == [("col0", "string"), ("col1", "string")]
    assert rows(frame) == [("1", 'x "y", z'), ("2", "")]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"withHeader": True, "separator": "|"}, ["id", "v"]),
        ({"skipFirst": "true", "separator": "|"}, ["col0", "col1"]),
    ],
)
def test_csv_header(glue_context, tmp_path, options, columns):
    (tmp_path / "a.csv").write_text("id|v\n1|x\n")

    frame = read(glue_context, tmp_path, format_options=options)

    assert frame.toDF().columns == columns
    assert rows(frame) == [("1", "x")]


def test_quotes_can_be_turned_off(glue_context, tmp_path):
    (tmp_path / "a.csv").write_text('"x",1\n')

    assert rows(read(glue_context, tmp_path, format_options={"quoteChar": -1})) == [('"x"', "1")]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x\\,y,2", ("x,y", "2")),
        ("x\\ny,2", ("x\ny", "2")),
        ('"x\\"y",2', ('x"y', "2")),
        ('"x""y\\\\",', ('x"y\\', "")),
        ("C:\\dir", ("C:dir", None)),
        ("C:dir,2", ("C:dir", "2")),
    ],
)
def test_escaper_takes_the_next_character_as_it_is(glue_context, tmp_path, text, values):
    (tmp_path / "a.csv").write_text(f"a,b\n{text}\n")

    options = {"withHeader": True, "escaper": "\\"}
    assert rows(read(glue_context, tmp_path, format_options=options)) == [values]
    assert rows(read(glue_context, tmp_path, format_options={"skipFirst": True, "escaper": "\\"}))[0][0] == values[0]


@pytest.mark.parametrize("options", [{"withHeader": True}, {}, {"withHeader": True, "escaper": "\\"}])
def test_line_of_csv_with_more_values_than_columns_is_an_error(glue_context, tmp_path, options):
    (tmp_path / "a.csv").write_text("a,b\n\\1,2,3\n" if "escaper" in options else "a,b\n1,2,3\n")

    with pytest.raises(Exception, match="more values than"):
        rows(read(glue_context, tmp_path, format_options=options))


@pytest.mark.parametrize(
    ("text", "options", "twice"),
    [
        ("id,id\n1,2\n", {}, "id"),
        ("ID,x,id\n1,2,3\n", {}, "id"),
        ("a0,a1\n1,2\n", {}, None),
        ("id,id\n1,2\\,3\n", {"escaper": "\\"}, "id"),
        ("ID,id\n1,2\\,3\n", {"escaper": "\\"}, None),
    ],
)
def test_csv_with_a_name_that_comes_twice_is_refused(glue_context, tmp_path, text, options, twice):
    (tmp_path / "a.csv").write_text(text)

    if twice:
        with pytest.raises(GlueUnsupportedError, match=f"has the name {twice} more than once"):
            read(glue_context, tmp_path, "csv", options | {"withHeader": True})
    else:
        found = read(glue_context, tmp_path, "csv", options | {"withHeader": True})
        assert found.toDF().columns == text.splitlines()[0].split(",")
        assert rows(found) == [("1", text.splitlines()[1].partition(",")[2].replace("\\", ""))]


def test_numbers_behind_names_of_csv_make_no_records_of_headers(glue_context, tmp_path):
    for day in (1, 2):
        (tmp_path / f"day={day}").mkdir()
        (tmp_path / f"day={day}/a.csv").write_text(f"name,address1,address2\nx,{day},1\n")

    found = read(glue_context, tmp_path, "csv", {"withHeader": True}, recurse=True)
    assert sorted(rows(found)) == [("x", "1", "1"), ("x", "2", "1")]


def test_empty_values_at_the_end_of_a_line_are_not_missed(glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2,,\n")

    assert rows(read(glue_context, tmp_path, format_options={"withHeader": True})) == [("1", "2")]


def test_csv_is_written_as_it_is(glue_context, dynamic_frame, tmp_path):
    frame = dynamic_frame([(1, ' a "b" '), (2, None)], "n int, s string")
    for name, options in (("q", {"escaper": "\\"}), ("plain", {"quoteChar": -1, "separator": "|"})):
        frame.coalesce(1).write("s3", {"path": f"{tmp_path}/{name}"}, "csv", options)
    texts = {folder.name: next(folder.glob("part*")).read_text() for folder in tmp_path.iterdir()}

    assert texts == {"q": 'n,s\n1," a ""b"" "\n2,\n', "plain": 'n|s\n1| a "b" \n2|\n'}
    lines = dynamic_frame([("a\nb",)], "s string")
    with pytest.raises(Exception, match="without quotes"):
        lines.write("s3", {"path": f"{tmp_path}/lines"}, "csv", {"quoteChar": "-1"})


@pytest.mark.parametrize("format_name", ["csv", "json"])
def test_subfolders_are_read_with_recurse_only(glue_context, tmp_path, format_name):
    for name, value in (("a", 1), ("y=2/b", 2)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f'{{"n": {value}}}\n' if format_name == "json" else f"{value}\n")

    assert len(rows(read(glue_context, tmp_path, format_name))) == 1
    assert sorted(map(len, rows(read(glue_context, tmp_path, format_name, recurse=True)))) == [1, 1]
    assert read(glue_context, tmp_path / "y=2", format_name).toDF().columns in (["n"], ["col0"])


def test_json_fields_whose_records_disagree_are_choices(glue_context, tmp_path):
    records = ['{"a": 1, "b": 1, "c": "5", "s": {"d": true}}', '{"a": "x", "b": 2.5, "c": null, "s": {"d": "y"}}']
    (tmp_path / "a.json").write_text("\n".join([*records, "{broken"]))

    frame = read(glue_context, tmp_path, "json")

    assert frame.choice_fields == ["a", "b", "s.d"]
    assert rows(frame.drop_fields(["s"])) == [((1, None), (None, 1), "5"), ((None, "x"), (2.5, None), None)]
    assert frame.errorsCount() == 1
    assert "{broken" in frame.errorsAsDynamicFrame().toDF().first()["error"]["dynamicRecord"]


@pytest.mark.parametrize("options", [{}, {"multiLine": True}, {"jsonPath": "$"}])
@pytest.mark.parametrize(
    ("lines", "columns", "values"),
    [
        (['{"A": 1}', '{"a": 2}'], "struct<A:bigint,a:bigint>", [(1, None), (None, 2)]),
        (['{"a": 1, "A": "x"}'], "struct<a:bigint,A:string>", [(1, "x")]),
        (['{"s": {"A": 1}}', '{"s": {"a": 2}}'], "struct<s:struct<A:bigint,a:bigint>>", [((1, None),), ((None, 2),)]),
        (['{"a": 1}', '{"a": "x"}'], "struct<a:struct<int:int,string:string>>", [((1, None),), ((None, "x"),)]),
    ],
)
def test_json_keys_that_differ_in_case_and_types_that_disagree(glue_context, tmp_path, options, lines, columns, values):
    (tmp_path / "a.json").write_text("\n".join([*lines, "{broken"]))

    frame = read(glue_context, tmp_path, "json", options)

    assert frame.toDF().schema.simpleString() == columns
    assert rows(frame.map(lambda record: record)) == rows(frame) == values
    assert frame.errorsCount() == 1
    (tmp_path / "a.json").write_text("\n".join(lines))
    assert rows(read(glue_context, tmp_path, "json", options)) == values


@pytest.mark.parametrize("options", [{}, {"multiLine": True}])
def test_all_documents_of_a_json_file_are_read(glue_context, tmp_path, options):
    (tmp_path / "a.json").write_text('{"n":\n 1}\n{"n": 2}\n[{"n": 3},\n{"n": 4}]\n')

    assert rows(read(glue_context, tmp_path, "json", options)) == [(1,), (2,), (3,), (4,)]


def test_json_path_to_values_without_fields_is_refused(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"n": 5}\n')

    with pytest.raises(GlueUnsupportedError, match="values that are not objects"):
        read(glue_context, tmp_path, "json", {"jsonPath": "$.n"})


def test_compressed_files_need_their_ending(glue_context, tmp_path):
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"x\n"))
    with pytest.raises(GlueUnsupportedError, match="compressionType gzip for "):
        read(glue_context, tmp_path, compressionType="gzip")
    (tmp_path / "a.csv").rename(tmp_path / "a.csv.gz")

    assert rows(read(glue_context, tmp_path, compressionType="gzip")) == [("x",)]


def test_options_of_spark_reach_parquet(glue_context, dynamic_frame, tmp_path):
    for day, schema in enumerate(("n int", "m int")):
        dynamic_frame([(1,)], schema).write("s3", {"path": f"{tmp_path}/day={day}"}, "parquet")

    merged = read(glue_context, tmp_path / "day=*", "parquet", basePath=str(tmp_path), mergeSchema=True)
    assert sorted(merged.toDF().columns) == ["day", "m", "n"]


def test_recurse_and_exclusions(glue_context, tmp_path):
    for name in ("a/1.json", "b/2.json", "b/3.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f'{{"n": {name[2]}}}\n')

    assert sorted(rows(read(glue_context, tmp_path, "json", recurse=True, exclusions='["**.txt"]'))) == [(1,), (2,)]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        pytest.param("**.json", ["b/3.txt"], id="all-below"),
        pytest.param("s3://lake/raw/*.json", ["a/2.json", "b/3.txt"], id="star-stays-in-a-folder"),
        pytest.param("s3://lake/raw/**.{json,csv}", ["b/3.txt"], id="alternatives"),
        pytest.param("s3://lake/raw/[!a]/**", ["1.json", "a/2.json"], id="negated-class"),
    ],
)
def test_exclusions_are_the_globs_of_crawlers(pattern, left):
    files = [SourceFile(f"s3a://lake/raw/{path}", 0, 1) for path in ("1.json", "a/2.json", "b/3.txt")]

    kept = without_excluded(files, [pattern])

    assert [file.path.removeprefix("s3a://lake/raw/") for file in kept] == left


@pytest.mark.parametrize(
    ("connection", "format_name", "options", "named"),
    [
        ({}, "avro", {}, "the format avro"),
        ({}, "xml", {"rowTag": "r"}, "the format xml"),
        ({}, "iceberg", {}, "the format iceberg"),
        ({}, "csv", {"jsonPath": "$"}, "the csv options jsonPath"),
        ({}, "parquet", {"withSchema": "{}"}, "the parquet options withSchema"),
        ({}, "csv", {"attachFilename": "file"}, "the csv options attachFilename"),
        ({"catalogPartitionPredicate": "d='1'"}, "csv", {}, "the S3 options catalogPartitionPredicate"),
        ({"hoodie.table.name": "t"}, "parquet", {}, "the S3 options hoodie.table.name"),
    ],
)
def test_options_that_only_glue_has_are_refused(glue_context, tmp_path, connection, format_name, options, named):
    with pytest.raises(GlueUnsupportedError, match=named):
        read(glue_context, tmp_path, format_name, options, **connection)


def test_options_that_glue_ignores_are_named(glue_context, tmp_path, capsys):
    (tmp_path / "a.csv").write_text("a\n")
    frame = read(glue_context, tmp_path, format_options={"seperator": ";"}, useGlueDataCatalog="true")
    out = {"path": str(tmp_path / "out"), "useGlueDataCatalog": "true"}
    glue_context.write_dynamic_frame.from_options(frame, "s3", out, "parquet", {"mode": "overwrite"})

    assert rows(read(glue_context, tmp_path / "out", "parquet", {"multiline": False, "withHeader": True})) == [("a",)]
    told = capsys.readouterr().err
    for named in ("csv options seperator", "S3 options useGlueDataCatalog", "parquet options mode"):
        assert f"{named}: no effect" in told
    assert "parquet options multiline, withHeader: no effect" in told


def test_other_connections_are_refused(glue_context, dynamic_frame):
    frame = dynamic_frame([(1,)], "a int")
    with pytest.raises(GlueUnsupportedError, match="the connection type mongodb"):
        glue_context.create_dynamic_frame.from_options("mongodb", {})
    with pytest.raises(GlueUnsupportedError, match="the connection type kafka"):
        glue_context.create_data_frame.from_options("kafka", {})
    with pytest.raises(GlueUnsupportedError, match="the connection type dynamodb"):
        glue_context.write_dynamic_frame.from_options(frame, "dynamodb", {})
    for name in ("forEachBatch", "getStreamingSource", "start_transaction"):
        with pytest.raises(GlueUnsupportedError, match=name):
            getattr(glue_context, name)("x")


def test_write_adds_files_and_leaves_no_marker(glue_context, dynamic_frame, tmp_path):
    frame = dynamic_frame([(1, 'say "hi"')], "n int, s string")
    for _ in range(2):
        glue_context.write_dynamic_frame.from_options(
            frame=frame, connection_type="s3", connection_options={"path": str(tmp_path / "out")}, format="csv"
        )

    files = [file for file in (tmp_path / "out").iterdir() if not file.name.startswith(".")]
    assert [file.read_text() for file in files] == ['n,s\n1,"say ""hi"""\n'] * 2


def test_write_partitions_and_compresses(glue_context, dynamic_frame, tmp_path):
    frame = dynamic_frame([(1, "a"), (2, "b")], "n int, s string")
    target = {"path": str(tmp_path / "out"), "partitionKeys": ["s"], "compression": "gzip"}

    glue_context.write_dynamic_frame.from_options(frame, "s3", target, "json")

    assert sorted(folder.name for folder in (tmp_path / "out").iterdir()) == ["s=a", "s=b"]
    assert all(file.name.endswith(".json.gz") for file in (tmp_path / "out" / "s=a").glob("[!.]*"))
    assert sorted(rows(read(glue_context, tmp_path / "out", "json", recurse=True))) == [(1,), (2,)]


@pytest.mark.parametrize("codec", ["lzo", "BROTLI"])
def test_compression_without_its_library_is_refused_before_anything_is_written(
    glue_context, dynamic_frame, tmp_path, codec
):
    with pytest.raises(GlueUnsupportedError, match=f"the compression {codec} of Parquet"):
        dynamic_frame([(1,)], "n int").write("s3", {"path": str(tmp_path / "out"), "compression": codec}, "glueparquet")
    assert not (tmp_path / "out").exists()


def test_parquet_round_trip(glue_context, dynamic_frame, tmp_path):
    frame = dynamic_frame([(1, None)], "n int, s string")
    frame.write("s3", {"path": str(tmp_path / "out")}, "glueparquet", {"compression": "snappy"})

    assert rows(read(glue_context, tmp_path / "out", "parquet")) == [(1, None)]


def test_choices_are_structs_in_parquet_as_spark_writes_them(glue_context, records, tmp_path):
    records({"id": 1}, {"id": "x"}).write("s3", {"path": str(tmp_path / "out")}, "parquet")

    assert read(glue_context, tmp_path / "out", "parquet").toDF().dtypes == [("id", "struct<int:int,string:string>")]


def test_choices_are_not_written(glue_context, records, tmp_path):
    with pytest.raises(GlueDataError, match="the choices id; use resolveChoice"):
        glue_context.write_dynamic_frame.from_options(
            records({"id": 1}, {"id": "x"}), "s3", {"path": str(tmp_path / "out")}, "json"
        )


def test_logger_writes_to_the_error_log(glue_context, capsys):
    glue_context.get_logger().info("hello")

    assert capsys.readouterr().err == "INFO GlueLogger: hello\n"


def test_a_path_without_files_is_an_empty_frame(glue_context, tmp_path):
    for name in ("csv", "json", "parquet", "orc"):
        assert read(glue_context, tmp_path / "nothing", name).toDF().columns == []


def test_empty_values_of_csv_are_empty_texts_and_missing_ones_null(glue_context, tmp_path):
    (tmp_path / "a.csv").write_text('id,name,note\n1,,"x"\n2,""\n')

    assert rows(read(glue_context, tmp_path, "csv", {"withHeader": True})) == [("1", "", "x"), ("2", "", None)]


def test_files_with_other_headers_are_distinguished(glue_context, tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    (tmp_path / "b.csv").write_text("name,id\ny,2\n")

    with pytest.raises(Exception, match="CSV header does not conform to the schema"):
        rows(read(glue_context, tmp_path, "csv", {"withHeader": True}))


def test_bounds_read_the_oldest_files_and_the_rest_next_time(glue_context, tmp_path, monkeypatch):
    from awsglue.bookmarks import FILE_VARIABLE
    from awsglue.job import Job

    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))
    (tmp_path / "in").mkdir()
    for position, name in enumerate("cab"):
        (tmp_path / "in" / f"{name}.json").write_text(f'{{"n": {position}}}\n')
        os.utime(tmp_path / "in" / f"{name}.json", (10_000 * (position + 1),) * 2)
    seen = []
    for _ in range(3):
        job = Job(glue_context)
        job.init("j", {"job_bookmark_option": "job-bookmark-enable"})
        connection = {"paths": [str(tmp_path / "in")], "boundedFiles": "1"}
        frame = glue_context.create_dynamic_frame.from_options("s3", connection, "json", {}, "ctx")
        seen += rows(frame)
        job.commit()

    assert seen == [(0,), (1,), (2,)]


def test_orc_is_written_and_read(glue_context, dynamic_frame, tmp_path):
    frame = dynamic_frame([(1, "a")], "n int, s string")

    glue_context.write_dynamic_frame.from_options(frame, "s3", {"path": str(tmp_path / "out")}, "orc")

    assert rows(read(glue_context, tmp_path / "out", "orc")) == [(1, "a")]


def test_frames_of_a_collection_go_to_folders_of_their_names(glue_context, dynamic_frame, tmp_path):
    both = dynamic_frame([(1,), (2,)], "n int").split_rows({"n": {"=": 1}}, "one", "rest")

    glue_context.write_dynamic_frame.from_options(both, "s3", {"path": str(tmp_path / "out")}, "json")

    assert rows(read(glue_context, tmp_path / "out" / "rest", "json")) == [(2,)]


def test_a_choice_is_a_struct_after_to_df_and_can_be_written(glue_context, records, tmp_path):
    frame = DynamicFrame.fromDF(records({"id": 1}, {"id": "x"}).toDF(), glue_context)

    assert frame.choice_fields == []
    glue_context.write_dynamic_frame.from_options(frame, "s3", {"path": str(tmp_path / "out")}, "json")
    assert sorted(map(str, rows(read(glue_context, tmp_path / "out", "json")))) == [
        "(Row(int=1, string=None),)",
        "(Row(int=None, string='x'),)",
    ]


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("s3://lake", "s3://lake/"),
        ("s3a://la-ke", "s3a://la-ke/"),
        ("s3://lake/out", "s3://lake/out"),
        ("/out", "/out"),
    ],
)
def test_bucket_alone_is_a_folder(path, folder):
    assert listing.rooted(path) == folder
    assert file_sources._paths({"paths": [path]}) == [folder]


@pytest.mark.parametrize("kind", ["json", "csv", "parquet", "orc"])
def test_folder_without_files_is_an_empty_frame(glue_context, tmp_path, kind):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "_SUCCESS").write_text("x")
    for recurse in (True, False):
        options = {"paths": [str(tmp_path / "in")], "recurse": recurse}
        assert glue_context.create_dynamic_frame.from_options("s3", options, kind).count() == 0
