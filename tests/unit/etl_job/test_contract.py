from pathlib import Path

import pytest
import yaml

from etl_job.contract.date_formats import Layout
from etl_job.contract.document import parse_contract
from etl_job.contract.model import Contract
from etl_job.errors import ContractError


def column(document, name):
    return next(each for each in document["schema"][0]["properties"] if each["name"] == name)


def custom_property(document, name):
    return next(each for each in document["schema"][0]["customProperties"] if each["property"] == name)


def custom(document, name):
    return custom_property(document, name)["value"]


def test_example_contract_reads(contract):
    assert contract.key == ("sighting_id",)
    assert [each.name for each in contract.columns] == ["sighting_id", "brand", "date", "time"]
    assert contract.features.entity == ("brand",)
    assert contract.features.reach_days == 28
    assert contract.csv.delimiter == ","


def test_hash_follows_rules_but_not_descriptions(document, parse, contract):
    column(document, "brand")["description"] = "Who built it."
    column(document, "brand")["physicalType"] = "varchar(40)"
    document["version"] = "1.0.1"
    assert parse(document).hash == contract.hash
    column(document, "brand")["logicalTypeOptions"]["maxLength"] = 41
    assert parse(document).hash != contract.hash


def test_hash_does_not_follow_thresholds_since_published_rows_obey_any(document, parse, contract):
    document["schema"][0]["customProperties"].append({"property": "thresholds", "value": {"quarantinedShare": 0.1}})
    assert parse(document).hash == contract.hash


def test_free_rules_are_part_of_the_hash_and_have_a_severity(document, parse, contract):
    quality(document)
    quality(document, name="odd", severity="warning")
    changed = parse(document)
    assert changed.hash != contract.hash
    assert (changed.rule_names[-1], changed.warning_names) == ("row.not_at_noon", ("row.odd",))


def test_custom_property_of_another_program_is_ignored(document, parse, contract):
    document["schema"][0]["customProperties"].append({"property": "x-owner-page", "value": "wiki"})
    assert parse(document).hash == contract.hash


def test_contract_hash_is_unchanged_for_fields_of_earlier_versions(contract):
    # A hash that changed by itself would have every delivery processed anew.
    assert contract.hash == "350a6e5603e72e3a543eea6acd0890c431a57dfe2319a3b5d1f108c2ee10d4d1"


def misspelt_custom_property(document):
    document["schema"][0]["customProperties"].append({"property": "threshold", "value": {"quarantinedShare": 0.1}})


def custom_property_twice(document):
    document["schema"][0]["customProperties"].append({"property": "conflicts", "value": "keepLast"})


def unknown_rule(document):
    column(document, "brand")["logicalTypeOptions"]["maxLenght"] = 40


def unknown_column_field(document):
    column(document, "brand")["nullable"] = False


def unsupported_type(document):
    column(document, "time")["logicalType"] = "object"


def time_that_is_a_number(document):
    column(document, "time").update(logicalType="integer", logicalTypeOptions={})


def number_with_a_format(document):
    column(document, "brand").update(logicalType="number", logicalTypeOptions={"format": "0.00"})


def timestamp_without_zone(document):
    column(document, "date").update(logicalType="timestamp", logicalTypeOptions={"format": "yyyy-MM-dd HH:mm:ss"})


def timestamp_in_no_zone(document):
    timestamp_without_zone(document)
    column(document, "date")["logicalTypeOptions"]["timeZone"] = "Berlin"


def bound_of_another_type(document):
    column(document, "date")["logicalTypeOptions"]["minimum"] = 2000


def measure_of_text(document):
    custom(document, "features")["measures"] = [{"column": "brand", "aggregates": ["sum"]}]


def unknown_aggregate(document):
    custom(document, "features")["measures"] = [{"column": "brand", "aggregates": ["median"]}]


def bounds_of_nothing(document):
    column(document, "date")["logicalTypeOptions"].update(minimum="2024-02-01", maximum="2024-01-31")


def lengths_of_nothing(document):
    column(document, "brand")["logicalTypeOptions"].update(minLength=3, maxLength=2)


def events_before_the_default_minimum(document):
    column(document, "date")["logicalTypeOptions"] = {"format": "yyyy-MM-dd", "maximum": "1999-12-31"}


def zone_of_the_machine(document):
    custom(document, "features")["eventTime"]["timeZone"] = "localtime"


def aggregate_twice(document):
    custom(document, "features")["measures"] = [{"column": "brand", "aggregates": ["min", "sum", "min"]}]


def two_event_times(document):
    custom(document, "features")["eventTime"]["timestamp"] = "date"


def quality(document, **changed):
    rule = {"type": "sql", "name": "not_at_noon", "query": "brand <> time", "description": "Why."}
    document["schema"][0].setdefault("quality", []).append(rule | changed)


def rule_of_another_kind(document):
    quality(document, type="library")


def rule_with_a_name_of_the_jobs(document):
    quality(document, name="field_count")


def rules_of_one_name(document):
    quality(document)
    quality(document)


def more_rules_than_bits(document):
    for number in range(60):
        quality(document, name=f"rule_{number}")


def event_in_the_far_future(document):
    column(document, "date")["logicalTypeOptions"]["maximum"] = "9999-12-31"


def odd_date_format(document):
    column(document, "date")["logicalTypeOptions"]["format"] = "d MMM yyyy"


def two_meanings_of_a_date(document):
    column(document, "date")["logicalTypeOptions"] |= {"format": "dd/MM/yyyy", "otherFormats": ["d/M/yyyy", "M/d/yyyy"]}


def other_formats_alone(document):
    column(document, "date")["logicalTypeOptions"] = {"otherFormats": ["yyyy-MM-dd"]}


def date_in_a_zone(document):
    column(document, "date")["logicalTypeOptions"]["timeZone"] = "Europe/Berlin"


def zone_of_days(document):
    custom(document, "features")["hourHistogram"] = False
    custom(document, "features")["eventTime"] = {"date": "date", "timeZone": "Europe/Berlin"}


def date_without_format(document):
    del column(document, "date")["logicalTypeOptions"]["format"]


def optional_key(document):
    column(document, "sighting_id")["required"] = False


def unknown_entity(document):
    custom(document, "features")["entity"] = ["make"]


def optional_entity(document):
    column(document, "brand")["required"] = False


def count_named_like_a_column(document):
    custom(document, "features")["count"] = "share"


def time_without_format(document):
    del column(document, "time")["logicalTypeOptions"]


def histogram_without_time(document):
    del custom(document, "features")["eventTime"]["time"]


def column_twice(document):
    column(document, "time")["name"] = "Date"


def window_of_no_days(document):
    custom(document, "features")["rollingMeanDays"] = [0]


def other_encoding(document):
    custom(document, "csv")["encoding"] = "UTF-7"


def csv_options_of_json_lines(document):
    document["schema"][0]["customProperties"].append({"property": "files", "value": {"format": "jsonLines"}})


def column_of_parquet_twice(document):
    kept = [each for each in document["schema"][0]["customProperties"] if each["property"] != "csv"]
    document["schema"][0]["customProperties"] = [*kept, {"property": "files", "value": {"format": "parquet"}}]
    column(document, "time")["physicalName"] = "BRAND"


def unknown_file_format(document):
    document["schema"][0]["customProperties"].append({"property": "files", "value": {"format": "avro"}})


def escape_that_is_the_delimiter(document):
    custom(document, "csv")["escape"] = ","


def delimiter_that_ends_lines(document):
    custom(document, "csv")["delimiter"] = "\r"


def unknown_policy(document):
    custom_property(document, "conflicts")["value"] = "keepBest"


def threshold_of_all(document):
    document["schema"][0]["customProperties"].append({"property": "thresholds", "value": {"quarantinedShare": 1}})


def no_features(document):
    document["schema"][0]["customProperties"].pop()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            misspelt_custom_property,
            "unknown property 'threshold'; "
            "known properties are conflicts, csv, features, files, missingValues, thresholds. Correct the",
        ),
        (custom_property_twice, "customProperties: conflicts appears twice; remove one"),
        (unknown_rule, r"properties\.1\.logicalTypeOptions\.maxLenght: .*check its spelling"),
        (unknown_column_field, r"properties\.1\.nullable: .*remove it"),
        (unsupported_type, r"properties\.3\.logicalType: must be 'string', .* or 'boolean', not 'object'"),
        (
            time_that_is_a_number,
            "features.eventTime.time names 'time', which must be a required column of .* with a format",
        ),
        (number_with_a_format, r"properties\.1: logicalTypeOptions\.format: number columns have no format; remove"),
        (
            timestamp_without_zone,
            r"properties\.2: logicalTypeOptions\.timeZone is missing: a timestamp without an offset",
        ),
        (timestamp_in_no_zone, r"timeZone: 'Berlin' is not an IANA time zone; use one such as UTC"),
        (two_meanings_of_a_date, "the formats 'dd/MM/yyyy' and 'M/d/yyyy' are ambiguous: the same text can mean"),
        (other_formats_alone, r"logicalTypeOptions\.otherFormats needs format: set format first"),
        (date_in_a_zone, r"are in two columns, set features\.eventTime\.timeZone"),
        (zone_of_days, r"features\.eventTime: timeZone needs a date and a time column"),
        (bound_of_another_type, r"properties\.2: logicalTypeOptions\.minimum of a date must be a date like 2000-01-31"),
        (measure_of_text, "features.measures names 'brand', which must be a column of logicalType integer or number"),
        (unknown_aggregate, r"features\.measures\.0\.aggregates\.0: must be 'sum', .*, not 'median'"),
        (
            bounds_of_nothing,
            "minimum is 2024-02-01, more than the maximum of 2024-01-31, so no value",
        ),
        (lengths_of_nothing, r"properties\.1\.logicalTypeOptions: .*minLength is 3, more than"),
        (
            events_before_the_default_minimum,
            "minimum of 'date', the day of events, is 2000-01-01 by default",
        ),
        (zone_of_the_machine, "timeZone: 'localtime' is not an IANA time zone"),
        (aggregate_twice, r"features\.measures\.0\.aggregates: min appears twice; remove one"),
        (two_event_times, "features.eventTime: set either timestamp, or date with an optional time"),
        (rule_of_another_kind, r"quality\.0\.type: must be 'sql', not 'library'"),
        (rule_with_a_name_of_the_jobs, r"quality\.0\.name: 'field_count' is the name of a built-in rule"),
        (rules_of_one_name, "quality: two rules are named row.not_at_noon; rename one"),
        (more_rules_than_bits, r"there are \d+ rules, but the job supports 63 at most"),
        (
            event_in_the_far_future,
            "maximum of 'date', the day of events, must be between 1700-01-01 and 2200-12-31, not 9999",
        ),
        (odd_date_format, r"properties\.2: 'd MMM yyyy' contains 'MMM'; a format consists of yyyy"),
        (date_without_format, r"properties\.2: logicalTypeOptions\.format of a date must contain yyyy, MM and dd"),
        (optional_key, r"properties\.0: a primaryKey column must also be required: true"),
        (unknown_entity, "features.entity names 'make', which must be a required column"),
        (optional_entity, "features.entity names 'brand', which must be a required column"),
        (count_named_like_a_column, "two published columns would be named share"),
        (
            time_without_format,
            "features.eventTime.time names 'time', which must be a required column of .* with a format",
        ),
        (histogram_without_time, "features.hourHistogram needs features.eventTime.time"),
        (column_twice, "column date appears twice"),
        (window_of_no_days, r"features\.rollingMeanDays\.0: .* not 0"),
        (
            other_encoding,
            r"csv\.encoding: must be 'UTF-8', 'ISO-8859-1', 'windows-1252' or 'UTF-16', not 'UTF-7'",
        ),
        (csv_options_of_json_lines, "schema: csv is only for CSV files, but files.format is jsonLines; remove csv"),
        (
            column_of_parquet_twice,
            r"two columns have the name brand in files \(physicalName\); Parquet's names are not",
        ),
        (unknown_file_format, r"files\.format: must be 'csv', 'jsonLines' or 'parquet', not 'avro'"),
        (escape_that_is_the_delimiter, "csv: delimiter, quoteSymbol and escape must be three different characters"),
        (delimiter_that_ends_lines, "csv: delimiter, quoteSymbol and escape cannot be line breaks"),
        (unknown_policy, "conflicts: must be 'keepFirst', 'keepLast' or 'quarantineBoth', not 'keepBest'"),
        (threshold_of_all, r"thresholds\.quarantinedShare: must be less than 1, not 1"),
        (no_features, "features: is missing"),
    ],
)
def test_contract_that_cannot_be_kept_is_refused_by_field(document, parse, spoil, message):
    spoil(document)
    with pytest.raises(ContractError, match=message) as raised:
        parse(document)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", "cannot be read as YAML", id="not yaml"),
        pytest.param("- a", "kind must be DataContract", id="not a mapping"),
        pytest.param("kind: DataContract\napiVersion: v2.2.2", "apiVersion must be v3.x, not 'v2.2.2'", id="older"),
        pytest.param("kind: DataContract\napiVersion: v3.0.2", "no schema named 'feed'", id="no schema"),
        pytest.param(
            yaml.safe_dump({"kind": "DataContract", "apiVersion": "v3.0.2", "schema": [{"name": "other"}]}),
            r"no schema named 'feed', only: other; check --dataset",
            id="other schema",
        ),
    ],
)
def test_document_that_is_not_a_contract_is_refused(text, message):
    with pytest.raises(ContractError, match=message):
        parse_contract(text, "c.yaml", "feed")


@pytest.mark.parametrize("text", ["yyyy-MM-dd", "dd.MM.yyyy", "HH:mm:ss", "HHmmss", "dd/MM/yyyy HH:mm:ssXXX"])
def test_fixed_width_layout_has_the_positions_of_its_parts(text):
    for part in Layout.parse(text).parts.values():
        assert part.is_fixed
        assert len(set(text[part.start - 1 : part.start - 1 + part.least])) == 1


def test_parts_after_one_of_varying_width_have_no_fixed_place():
    parts = Layout.parse("d.MM.yyyy HH:mm:ss.SSSXXX").parts
    assert [name for name, part in parts.items() if part.is_fixed] == []
    assert parts["day"].start == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yy-MM-dd", "a format consists of"),
        ("yyyy-MM-dd yyyy", "a format consists of"),
        ("EEE", "a format consists of"),
        ("HH:mmXXX ss", "a format consists of"),
        ("yyyyMd", "is ambiguous: day follows a part of variable length"),
        ("HH:mm.SSS", r"a fraction of a second, but no seconds \(ss\)"),
    ],
)
def test_layout_that_cannot_be_read_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Layout.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "mistaken"),
    [
        ("dd/MM/yyyy", "MM/dd/yyyy", True),
        ("d/M/yyyy", "MM/dd/yyyy", True),
        ("yyyyMMdd", "ddMMyyyy", True),
        ("dd.MM.yyyy", "d.M.yyyy", False),  # the same time in both
        ("dd.MM.yyyy", "MM/dd/yyyy", False),
        ("yyyy-MM-dd", "dd-MM-yyyy", False),
        ("yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss.SSS", False),
        ("epochSeconds", "epochMilliseconds", True),
        ("epochSeconds", "yyyyMMddHHmm", True),
        ("yyyyMMdd.HHmm", "epochSeconds", True),
        ("epochSeconds", "yyyyMMddHHmmss", False),  # more digits than seconds have
        ("epochSeconds", "yyyy-MM-dd HH:mm", False),
        ("epochSeconds", "epochSeconds", False),
    ],
)
def test_layouts_that_give_one_text_two_meanings_are_distinguished(one, other, mistaken):
    assert Layout.parse(one).may_be_mistaken_for(Layout.parse(other)) is mistaken


def test_contract_round_trips_through_its_own_values():
    text = (Path(__file__).parents[3] / "data/contracts/charging_sessions.yaml").read_text(encoding="utf-8")
    contract = parse_contract(text, "charging_sessions.yaml", "charging_sessions")
    assert Contract.model_validate(contract.model_dump()) == contract
