import pytest

from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.transforms import ApplyMapping, DropFields, DropNullFields, RenameField, SelectFields, SplitFields
from tests.unit.awsglue.conftest import rows

NESTED = "id int, name string, place struct<city: string, zip: string>"
PERSON = [(1, "Ada", ("London", "N1")), (2, None, None)]


def test_apply_mapping_renames_casts_and_drops_the_rest(dynamic_frame):
    frame = dynamic_frame([("1", "x", 2), ("many", "y", 3)], "a string, b string, c int")

    mapped = ApplyMapping.apply(frame=frame, mappings=[("a", "string", "A", "long"), ("c", "int", "c", "string")])

    assert mapped.toDF().dtypes == [("A", "bigint"), ("c", "string")]
    assert rows(mapped) == [(1, "2"), (None, "3")]


def test_apply_mapping_reads_and_builds_structs(dynamic_frame):
    mapped = dynamic_frame(PERSON, NESTED).apply_mapping(
        [("place.city", "string", "city", "string"), ("id", "int", "key.number", "double"), ("gone", "int", "x", "int")]
    )

    assert mapped.toDF().dtypes == [("city", "string"), ("key", "struct<number:double>")]
    assert rows(mapped) == [("London", (1.0,)), (None, (2.0,))]


def test_apply_mapping_takes_dotted_names_in_back_ticks(dynamic_frame):
    mapped = dynamic_frame([(1,)], "`a.b` int").apply_mapping([("`a.b`", "int", "c", "int")])

    assert rows(mapped) == [(1,)]


def test_apply_mapping_fails_without_a_field_and_where_targets_contradict(dynamic_frame):
    with pytest.raises(GlueDataError, match="none of the mapped fields"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("x", "int", "x", "int")])
    with pytest.raises(GlueDataError, match="make who a value and a struct with name"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("id", "int", "who", "int"), ("id", "int", "who.name", "int")])
    with pytest.raises(GlueDataError, match=r"make x of id and of place\.zip"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("id", "x"), ("ID", "x"), ("place.zip", "x")])


def test_unknown_type_is_named(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="the type whatever"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("id", "int", "id", "whatever")])


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["name"], [("id", "int"), ("place", "struct<city:string,zip:string>")]),
        (["place.zip"], [("id", "int"), ("name", "string"), ("place", "struct<city:string>")]),
        (["place.zip", "place.city", "gone"], [("id", "int"), ("name", "string")]),
    ],
)
def test_drop_fields(dynamic_frame, paths, left):
    assert DropFields.apply(frame=dynamic_frame(PERSON, NESTED), paths=paths).toDF().dtypes == left


def test_drop_fields_keeps_a_struct_that_is_null(dynamic_frame):
    assert rows(dynamic_frame(PERSON, NESTED).drop_fields(["place.zip"])) == [(1, "Ada", ("London",)), (2, None, None)]


LINES = "id int, lines array<struct<x: int, y: string, z: struct<p: int, q: int>>>"
LINE = [(1, [(1, "u", (5, 6)), (2, "v", None), None]), (2, None)]


def test_drop_fields_reaches_into_arrays(dynamic_frame):
    left = dynamic_frame(LINE, LINES).drop_fields(["lines.x", "lines.z.q", "lines.gone"])

    assert left.toDF().dtypes == [("id", "int"), ("lines", "array<struct<y:string,z:struct<p:int>>>")]
    assert rows(left) == [(1, [("u", (5,)), ("v", None), None]), (2, None)]
    assert dynamic_frame(LINE, LINES).drop_fields(["lines.x", "lines.y", "lines.z"]).toDF().columns == ["id"]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.select_fields(["id", "lines.x"]),
        lambda frame: frame.rename_field("lines.x", "lines.w"),
        lambda frame: frame.split_fields(["lines.x"], "a", "b"),
        lambda frame: frame.apply_mapping([("id", "int", "id", "int"), ("LINES.x", "int", "x", "int")]),
    ],
    ids=["select_fields", "rename_field", "split_fields", "apply_mapping"],
)
def test_paths_into_arrays_are_refused_where_glue_has_none(dynamic_frame, change):
    with pytest.raises(GlueUnsupportedError, match=r"`(lines|LINES)` is an array"):
        change(dynamic_frame(LINE, LINES))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop_fields([".id"]),
        lambda frame: frame.select_fields([".id"]),
        lambda frame: frame.rename_field(".id", "other"),
        lambda frame: frame.apply_mapping([(".id", "int", "id", "int")]),
        lambda frame: frame.join([".id"], ["id"], frame),
        lambda frame: frame.split_rows({"place..zip": {"=": 1}}, "a", "b"),
        lambda frame: frame.split_fields(["place."], "a", "b"),
    ],
)
def test_path_with_an_empty_name_is_no_other_path(dynamic_frame, change):
    with pytest.raises(GlueUnsupportedError, match="with an empty name; put a name with dots in back-ticks"):
        change(dynamic_frame(PERSON, NESTED))


def test_target_that_is_taken_is_refused(dynamic_frame):
    frame = dynamic_frame(PERSON, NESTED)

    with pytest.raises(GlueDataError, match="there is a field name already"):
        frame.rename_field("id", "name")
    with pytest.raises(GlueDataError, match="make c a value and a struct"):
        frame.apply_mapping([("id", "int", "c", "int"), ("name", "string", "c.d", "string")])


def test_select_fields(dynamic_frame):
    selected = SelectFields.apply(frame=dynamic_frame(PERSON, NESTED), paths=["place.city", "id", "gone"])

    assert selected.toDF().dtypes == [("place", "struct<city:string>"), ("id", "int")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name", "title", ["id", "title", "place"]),
        ("place.zip", "zip", ["id", "name", "place", "zip"]),
        ("name", "`full.name`", ["id", "full.name", "place"]),
        ("gone", "here", ["id", "name", "place"]),
    ],
)
def test_rename_field(dynamic_frame, old, new, expected):
    renamed = RenameField.apply(frame=dynamic_frame(PERSON, NESTED), old_name=old, new_name=new)

    assert renamed.toDF().columns == expected


def test_rename_field_inside_a_struct(dynamic_frame):
    renamed = dynamic_frame(PERSON, NESTED).rename_field("place.zip", "place.code")

    assert renamed.toDF().schema["place"].dataType.names == ["city", "code"]


def test_split_fields(dynamic_frame):
    both = SplitFields.apply(dynamic_frame(PERSON, NESTED), ["id", "place.city"], "keys", "rest")

    assert both["keys"].toDF().dtypes == [("id", "int"), ("place", "struct<city:string>")]
    assert both["rest"].toDF().dtypes == [("name", "string"), ("place", "struct<zip:string>")]


def test_drop_null_fields(dynamic_frame):
    assert DropNullFields.apply(dynamic_frame([(1, None)], "a int, b void")).toDF().columns == ["a"]


def test_fields_of_json_without_any_value_have_no_type(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"id": 1, "a": null, "b": "x", "C": null}\n{"id": 2, "a": null, "b": null}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")
    renamed = frame.rename_field("C", "a c")

    assert DropNullFields.apply(frame=frame).toDF().columns == ["b", "id"]
    assert DropNullFields.apply(frame=renamed).toDF().columns == ["b", "id"]
    filled = DynamicFrame.fromDF(frame.toDF().fillna("-", ["a"]), glue_context)
    assert sorted(DropNullFields.apply(frame=filled).toDF().columns) == ["a", "b", "id"]
    assert sorted(DropNullFields.apply(frame=frame.union(filled)).toDF().columns) == ["a", "b", "id"]
    nothing = frame.filter(lambda record: False)
    assert sorted(DropNullFields.apply(frame=nothing).toDF().columns) == ["C", "a", "b", "id"]


def test_nested_fields_without_any_value_have_no_type(dynamic_frame, glue_context, tmp_path):
    text = '{"id": 1, "s": {"x": 1, "n": null}, "l": [{"y": "a", "n": null}, {"n": null}], "t": [null]}'
    (tmp_path / "a.json").write_text(text)
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")
    unboxed = dynamic_frame([(f"{text}",)], "doc string").unbox("doc", "json")
    void = dynamic_frame([((1, None),)], "s struct<x: int, n: void>")

    expected = "id:bigint,l:array<struct<y:string>>,s:struct<x:bigint>,t:array<string>"
    assert DropNullFields.apply(frame=frame).toDF().schema.simpleString() == f"struct<{expected}>"
    assert DropNullFields.apply(frame=unboxed).toDF().dtypes == [("doc", f"struct<{expected}>")]
    assert DropNullFields.apply(frame=void).toDF().dtypes == [("s", "struct<x:int>")]


def test_unbox_parses_json(dynamic_frame):
    unboxed = dynamic_frame([('{"a": 1}',), ('{"b": "x"}',), (None,)], "doc string").unbox("doc", "json")

    assert unboxed.toDF().dtypes == [("doc", "struct<a:bigint,b:string>")]
    assert rows(unboxed) == [((1, None),), ((None, "x"),), (None,)]


@pytest.mark.parametrize(
    ("texts", "named"),
    [(['{"a": 1}', '{"a": "x"}'], "disagree about the type"), (['{"A": 1}', '{"a": 2}'], "differ in case alone")],
)
def test_unbox_of_texts_that_disagree_is_refused(dynamic_frame, texts, named):
    with pytest.raises(GlueUnsupportedError, match=f"unbox of j, .* {named}"):
        dynamic_frame([(text,) for text in texts], "j string").unbox("j", "json")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"id": "a", "items": [{"id": 1}]}', ("a", [(1,)])),
        ('{"lines": [{"price": 2}], "price": 1.5}', ([(2,)], 1.5)),
    ],
)
def test_unbox_tells_fields_of_one_name_apart(dynamic_frame, text, found):
    assert rows(dynamic_frame([(text,)], "j string").unbox("j", "json")) == [(found,)]


def test_unbox_of_another_format_is_refused(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="unbox of the format avro"):
        dynamic_frame([("x",)], "doc string").unbox("doc", "avro")


def test_mappings_ignore_case_by_default(dynamic_frame):
    frame = dynamic_frame([(1, (2,))], "OrderId int, Buyer struct<Id: int>")
    mappings = [("orderid", "int", "id", "long"), ("buyer.id", "int", "buyer", "int")]

    assert frame.apply_mapping(mappings).toDF().dtypes == [("id", "bigint"), ("buyer", "int")]
    with pytest.raises(GlueDataError, match="none of the mapped fields exists"):
        frame.apply_mapping(mappings, True)


def test_a_mapping_is_a_tuple(dynamic_frame):
    frame = dynamic_frame([(1,)], "a int")

    assert frame.apply_mapping([("a", "b")]).toDF().dtypes == [("b", "int")]
    with pytest.raises(TypeError, match="Mapping must be specified as a tuple"):
        frame.apply_mapping([["a", "int", "b", "int"]])
    with pytest.raises(ValueError, match="length 2, 3, or 4"):
        frame.apply_mapping([("a",)])


def test_a_mapping_of_three_casts_whatever_is_there(dynamic_frame, records):
    assert dynamic_frame([(1,)], "a int").apply_mapping([("a", "b", "string")]).toDF().dtypes == [("b", "string")]
    assert sorted(rows(records({"n": 1}, {"n": "2"}).apply_mapping([("n", "m", "long")]))) == [(1,), (2,)]


# what AWS does is in public: awsdocs/aws-glue-developer-guide, issue 3
@pytest.mark.parametrize(
    ("row", "schema", "mapping", "named"),
    [
        (("1",), "a string", ("a", "long", "a", "long"), "the mapping of a as long: it is string"),
        ((1,), "a int", ("a", "string", "a", "string"), "the mapping of a as string: it is int"),
        ((1,), "a int", ("a", "bigint", "a", "bigint"), "the mapping of a as bigint: it is int"),
        (((True,),), "a struct<b: boolean>", ("a.b", "int", "b", "int"), "the mapping of a.b as int: it is boolean"),
        ((["x"],), "a array<string>", ("a", "struct", "a", "struct"), "the mapping of a as struct: it is array"),
        ((["x"],), "a array<string>", ("a", "array", "a", "string"), "the mapping of a, of type array, to string"),
        ((["x"],), "a array<string>", ("a", "a", "string"), "the mapping of a, of type array, to string"),
    ],
)
def test_mapping_that_would_lose_values_on_aws_is_refused(dynamic_frame, row, schema, mapping, named):
    with pytest.raises(GlueUnsupportedError, match=named):
        dynamic_frame([row], schema).apply_mapping([mapping])


def test_nested_values_are_no_text(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="the cast of a, of type array, to string"):
        dynamic_frame([(["x"],)], "a array<string>").resolveChoice(specs=[("a", "cast:string")])


def test_mapping_of_another_number_or_of_no_value_is_none_that_loses_any(dynamic_frame):
    frame = dynamic_frame([(1, 0.5, None)], "a long, b double, c string")
    mappings = [("a", "int", "a", "int"), ("b", "float", "b", "decimal(5,1)"), ("c", "date", "c", "date")]

    assert frame.apply_mapping(mappings).toDF().dtypes == [("a", "int"), ("b", "decimal(5,1)"), ("c", "date")]


def test_records_are_where_scripts_look_for_them(dynamic_frame):
    frame = dynamic_frame([(1, ("x",))], "a int, b struct<c: string>")

    assert frame._rdd.take(1) == [{"a": 1, "b": {"c": "x"}}]
    assert frame.filter(lambda record: False)._rdd.take(1) == []


def test_unbox_keeps_records_whose_text_is_no_json_as_errors(dynamic_frame):
    frame = dynamic_frame([('{"a": 1}', 1), ("no JSON", 2), (None, 3)], "doc string, n int")

    unboxed = frame.unbox("doc", "json", info="here")

    assert rows(unboxed) == [((1,), 1), (None, 3)]
    assert (unboxed.stageErrorsCount(), unboxed.errorsCount()) == (1, 1)
    error = unboxed.errorsAsDynamicFrame().toDF().first()["error"]
    assert (error["callsite"], error["dynamicRecord"]) == ("here", '{"doc":"no JSON","n":2}')
    with pytest.raises(GlueDataError, match="records failed"):
        dynamic_frame([("x",), ("y",), ('{"a": 1}',)], "doc string").unbox("doc", "json", stageThreshold=1)


def test_unbox_of_arrays(dynamic_frame):
    unboxed = dynamic_frame([('[{"a": 1}, {"a": 2}]',), ("[]",)], "doc string").unbox("doc", "json")

    assert rows(unboxed) == [([(1,), (2,)],), ([],)]


def test_resolve_choice_casts_inside_arrays(dynamic_frame):
    frame = dynamic_frame([([{"b": "1"}, {"b": "x"}],)], "a array<struct<b: string>>")

    assert rows(frame.resolveChoice(specs=[("a[].b", "cast:int")])) == [([(1,), (None,)],)]
    assert rows(frame.resolveChoice(specs=[("nothing[].b", "cast:int"), ("gone", "cast:int")])) == rows(frame)


def test_match_catalog_matches_in_any_case(glue, dynamic_frame):
    from tests.unit.awsglue.conftest import add_table

    add_table(glue, "s3://lake/t", [("userid", "bigint")], classification="json")
    frame = dynamic_frame([("1",)], "userId string")

    matched = frame.resolveChoice(choice="MATCH_CATALOG", database="lake", table_name="t")

    assert matched.toDF().dtypes == [("userId", "bigint")]


def test_fields_that_differ_in_case_only_are_two(dynamic_frame, glue_context, tmp_path):
    left = dynamic_frame([(1, "s1")], "n int, serialNumber string")
    right = dynamic_frame([("s1", "ann")], "serialnumber string, name string")
    joined = left.join(["serialNumber"], ["serialnumber"], right)

    assert joined.toDF().columns == ["n", "serialNumber", "serialnumber", "name"]
    assert joined.drop_fields(["serialnumber"]).toDF().columns == ["n", "serialNumber", "name"]
    assert rows(joined.select_fields(["serialnumber", "serialNumber"])) == [("s1", "s1")]
    assert joined.rename_field("serialnumber", "right").toDF().columns == ["n", "serialNumber", "right", "name"]
    assert rows(joined.apply_mapping([("serialNumber", "string", "a", "string")])) == [("s1",)]
    assert rows(left.union(right)) == [(1, "s1", None, None), (None, None, "s1", "ann")]
    glue_context.write_dynamic_frame.from_options(joined, "s3", {"path": str(tmp_path / "out")}, "json")
    written = "".join(file.read_text() for file in (tmp_path / "out").glob("*.json"))
    assert '"serialNumber":"s1","serialnumber":"s1"' in written


def test_columns_of_equal_name_are_refused(dynamic_frame, glue_context):
    frame = dynamic_frame([(1,)], "a int").toDF()

    with pytest.raises(GlueDataError, match="in the data: 'a'"):
        DynamicFrame.fromDF(frame.join(frame.select("a"), how="cross"), glue_context)
