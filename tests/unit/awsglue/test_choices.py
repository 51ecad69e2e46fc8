from decimal import Decimal

import pytest

from awsglue.dynamicframe import ResolveOption
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.gluetypes import IntegerType
from awsglue.transforms import ResolveChoice
from tests.unit.awsglue.conftest import rows

MIXED = ({"id": 1, "n": 1}, {"id": "two", "n": 2}, {"id": "3", "n": None})


def test_records_that_disagree_make_a_choice(records, capsys):
    records(*MIXED).printSchema()

    assert capsys.readouterr().out == "root\n|-- id: choice\n|    |-- int\n|    |-- string\n|-- n: int\n\n"


def test_toDF_shows_a_choice_as_struct(records):  # noqa: N802
    assert rows(records(*MIXED)) == [((1, None), 1), ((None, "two"), 2), ((None, "3"), None)]


@pytest.mark.parametrize(
    ("action", "columns", "values"),
    [
        ("cast:int", [("id", "int")], [(1,), (None,), (3,)]),
        ("cast:long", [("id", "bigint")], [(1,), (None,), (3,)]),
        ("cast:string", [("id", "string")], [("1",), ("two",), ("3",)]),
        ("project:string", [("id", "string")], [(None,), ("two",), ("3",)]),
        ("project:int", [("id", "int")], [(1,), (None,), (None,)]),
        ("make_cols", [("id_int", "int"), ("id_string", "string")], [(1, None), (None, "two"), (None, "3")]),
        ("make_struct", [("id", "struct<int:int,string:string>")], [((1, None),), ((None, "two"),), ((None, "3"),)]),
    ],
)
def test_resolve_choice(records, action, columns, values):
    resolved = ResolveChoice.apply(records(*MIXED).drop_fields(["n"]), specs=[("id", action)])

    assert resolved.toDF().dtypes == columns
    assert rows(resolved) == values
    assert resolved.choice_fields == []


def test_resolve_all_choices_in_one_way(records):
    assert records(*MIXED).resolveChoice(choice="make_cols").toDF().columns == ["id_int", "id_string", "n"]


NESTED = ({"s": {"a": 1}, "l": [{"b": 1}]}, {"s": {"a": "x"}, "l": [{"b": "y"}]})


@pytest.mark.parametrize(
    ("action", "found", "values"),
    [
        (
            "cast:string",
            "struct<s:struct<a:string>,l:array<struct<b:string>>>",
            [(("1",), [("1",)]), (("x",), [("y",)])],
        ),
        ("project:int", "struct<s:struct<a:int>,l:array<struct<b:int>>>", [((1,), [(1,)]), ((None,), [(None,)])]),
        (
            "make_struct",
            "struct<s:struct<a:struct<int:int,string:string>>,l:array<struct<b:struct<int:int,string:string>>>>",
            [(((1, None),), [((1, None),)]), (((None, "x"),), [((None, "y"),)])],
        ),
    ],
)
def test_choices_inside_structs_and_arrays_are_resolved_too(records, action, found, values):
    frame = records(*NESTED)
    resolved = frame.resolveChoice(choice=action)

    assert frame.choice_fields == ["s.a", "l[].b"]
    assert resolved.choice_fields == []
    assert resolved.toDF().schema.simpleString() == found
    assert rows(resolved) == values


def test_choice_inside_an_array_makes_no_columns(records):
    assert records(*NESTED).drop_fields(["l"]).resolveChoice(choice="make_cols").toDF().dtypes == [
        ("s", "struct<a_int:int,a_string:string>")
    ]
    with pytest.raises(GlueUnsupportedError, match="make_cols at l"):
        records(*NESTED).resolveChoice(choice="make_cols")


def test_nested_choices_are_not_written(records, glue_context, tmp_path):
    with pytest.raises(GlueDataError, match=r"the choices s\.a, l\[\]\.b"):
        glue_context.write_dynamic_frame.from_options(records(*NESTED), "s3", {"path": str(tmp_path)}, "json")


def test_whole_numbers_of_json_are_projected_as_int(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{"n": 1}\n{"n": "x"}\n{"n": 1099511627776}\n')
    frame = glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json")

    assert rows(frame.resolveChoice(specs=[("n", "project:int")])) == [(1,), (None,), (None,)]
    assert rows(frame.apply_mapping([("n", "int", "n", "string")])) == [("1",), (None,), (None,)]
    assert frame.toDF([ResolveOption("n", "Project", IntegerType())]).collect() == [(1,), (None,), (None,)]


def test_projection_to_long_does_not_lose_the_numbers_that_are_int(records):
    frame = records({"n": 1}, {"n": "x"})

    for project in (
        lambda: frame.resolveChoice(specs=[("n", "project:long")]),
        lambda: frame.apply_mapping([("n", "long", "n", "long")]),
    ):
        with pytest.raises(GlueUnsupportedError, match="long of n, whose numbers are int; use cast:long"):
            project()


@pytest.mark.parametrize(
    ("value", "source", "target", "found"),
    [
        (2**40, "bigint", "int", None),
        (-(2**31), "bigint", "int", -(2**31)),
        (2**31, "bigint", "int", None),
        (300, "int", "byte", None),
        (-128, "int", "byte", -128),
        (1e12, "double", "int", None),
        (float("nan"), "double", "int", None),
        (1e19, "double", "long", None),
        (-1.9, "double", "int", -1),
        (Decimal("9223372036854775808"), "decimal(20,0)", "long", None),
        (Decimal("9223372036854775807.9"), "decimal(20,1)", "long", 2**63 - 1),
        (None, "double", "int", None),
        *((Decimal("3.5"), f"decimal(38,{scale})", "long", 3) for scale in (18, 19, 20, 30)),
    ],
)
def test_number_that_does_not_fit_is_none_of_another(dynamic_frame, value, source, target, found):
    frame = dynamic_frame([(value,)], f"a {source}")
    for cast in (
        frame.resolveChoice(specs=[("a", f"cast:{target}")]),
        frame.apply_mapping([("a", "", "a", target)]),
    ):
        if found is None and value is not None:
            with pytest.raises(Exception, match=f"does not fit into the type {target}"):
                rows(cast)
        else:
            assert rows(cast) == [(found,)]


def test_columns_of_a_choice_take_no_name_that_exists(records):
    frame = records({"x": 1, "x_int": 5, "s": {"y": 1, "y_string": 1}}, {"x": "t", "s": {"y": "t"}})

    for path, name in (("x", "x_int"), ("s.y", "y_string")):
        with pytest.raises(GlueDataError, match=f"two fields would be called {name}"):
            frame.resolveChoice(specs=[(path, "make_cols")])


def test_nested_values_of_a_choice_are_no_numbers(records):
    with pytest.raises(GlueUnsupportedError, match="the cast of a, of type struct, to int"):
        records({"a": {"x": 1}}, {"a": 1}).resolveChoice(specs=[("a", "cast:int")])


def test_projection_to_a_struct(records):
    resolved = records({"a": {"x": 1}}, {"a": "t"}).resolveChoice(specs=[("a", "project:struct")])

    assert rows(resolved) == [((1,),), (None,)]


@pytest.mark.parametrize("action", ["make_colz", "cast", "cast:intt", "project:"])
def test_unknown_action_is_refused_where_nothing_needs_it_too(dynamic_frame, action):
    frame = dynamic_frame([(1,)], "a int")

    with pytest.raises(GlueUnsupportedError):
        frame.resolveChoice(choice=action)
    with pytest.raises(GlueUnsupportedError):
        frame.resolveChoice(specs=[("gone", action)])


def test_resolve_choice_casts_plain_fields_too(dynamic_frame):
    assert dynamic_frame([("1",)], "a string").resolveChoice(specs=[("a", "cast:int")]).toDF().dtypes == [("a", "int")]


def test_resolve_choice_needs_to_know_how(records):
    with pytest.raises(ValueError, match="specs and option are both missing"):
        records(*MIXED).resolveChoice()
    with pytest.raises(GlueUnsupportedError, match="the resolveChoice action guess"):
        records(*MIXED).resolveChoice(specs=[("id", "guess")])


def test_mapping_takes_the_source_type_of_a_choice(records):
    assert rows(records(*MIXED).apply_mapping([("id", "string", "id", "string")])) == [(None,), ("two",), ("3",)]


def test_functions_see_the_value_of_a_choice(records):
    assert records(*MIXED).filter(lambda record: record["id"] == "two").count() == 1


def test_union_of_two_types_makes_a_choice(dynamic_frame):
    both = dynamic_frame([(1,)], "a int").union(dynamic_frame([("x",)], "a string"))

    assert both.choice_fields == ["a"]
    assert rows(both) == [((1, None),), ((None, "x"),)]
