"""The language DQDL: what is read, its text in results, and what is refused.

Each document was also given to the parser that AWS publishes (awslabs/dqdl), and differences are marked.
"""

import pytest

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import InvalidRulesetError
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse

SAME = [  # their text in results is the same
    "RowCount > 1 + 2 * 3",
    "RowCount between (0.9 * avg(last(10))) and 1.1 * avg(last(10))",
    "Completeness of col_1 not between 0.5 and 0.8",
    'ColumnCorrelation of col_1 and "col abc" between -0.44444 and 0.888888',
    'IsUnique "a" and "b"',
    "IsUnique of a and b",
    "DetectAnomalies of ColumnCorrelation of a and b",
    'ColumnValues "a" matches "\\d{3}"',
    'ColumnValues "a" = "say \\"hi\\""',
    'ColumnValues "a" in ["x",NULL,EMPTY,WHITESPACES_ONLY]',
    'ColumnValues "a" in [now(),(now() - 3 hours),"2024-01-01",NULL]',
    'ColumnValues "a" between "9:00 AM" and "21:50"',
    'ColumnValues "a" > 5 where "b > 1" with threshold not between 0.4 and 0.8',
    'ColumnDataType "a" in ["Date","String"]',
    'DataFreshness "a" between 2 days and 4 minutes',
    'CustomSql "select a from primary" with threshold > 0.5',
    'FileMatch "s3://a" in ["x"] with recentFiles = 1 with tag2 = "y"',
    'ColumnValues "a" > now()',
    "FileSize not in [500 KB,150 GB]",
    'IsComplete "a#b"',
    'ColumnLength "a" < 5 labels=["team"="x"]',
    "(RowCount > 0) OR (RowCount > 1) OR (RowCount > 2)",
    "((RowCount > 0) OR (RowCount > 1)) OR ((RowCount > 2) AND (RowCount > 3))",
]
READ = [
    ('( RowCount>0 ) or (IsComplete "a"), # why\n IsUnique "b"', '(RowCount > 0) OR (IsComplete "a")'),
    ('IsComplete "a" where "b > 1" and RowCount > 1', '(IsComplete "a" where "b > 1") AND (RowCount > 1)'),
    ("RowCount > 1 or RowCount > 2 and RowCount > 3", "(RowCount > 1) OR ((RowCount > 2) AND (RowCount > 3))"),
    ("(RowCount > 1) or ((RowCount > 2) or (RowCount > 3))", "(RowCount > 1) OR (RowCount > 2) OR (RowCount > 3)"),
    ('ColumnValues "a" in ["it\\\'s", "a\\\\b", null]', 'ColumnValues "a" in ["it\'s","a\\b",NULL]'),
    ("RowCount > ((5)) - -1", "RowCount > 5 - -1"),
    ("FileSize > 5", "FileSize > 5 B"),
    # the page has labels after the threshold; the published grammar has them before it only
    (
        'ColumnValues "a" > 5 with threshold > 0.8 labels=["a"="b"]',
        'ColumnValues "a" > 5 with threshold > 0.8 labels=["a"="b"]',
    ),
]


@pytest.mark.parametrize(("rule", "shown"), [*READ, *((rule, rule) for rule in SAME)])
def test_rule_has_the_text_of_aws(rule, shown):
    assert str(parse(f"Rules = [ {rule} ]").rules[0]) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('kinds = ["x", "y"]\nRules = [ ColumnValues "a" not in $kinds ]', 'ColumnValues "a" not in $kinds'),
        ('sql = "select 1"\nRules = [ CustomSql $sql between 0 and 10 ]', "CustomSql $sql between 0 and 10"),
        ('a = "x" b.c = "y"\nRules = [ IsUnique $a and $b.c ]', "IsUnique $a and $b.c"),
        ('#\nRules=[ # a " and ]\r\n RowCount > 1\t]', "RowCount > 1"),
        ('DefaultLabels = ["a"="b"]\nRules = [ RowCount > 1 ] Analyzers = [ CustomSql "select 1" ]', "RowCount > 1"),
    ],
)
def test_document_is_read(text, shown):
    assert str(parse(text).rules[0]) == shown


def test_constants_and_lists_are_the_texts_that_rules_compare_with():
    rules = parse(
        'a = "x"\nb = ["y", "\\"z"]\nRules = [ IsComplete $a, ColumnValues $a in $b, ColumnValues "c" in $a ]'
    ).rules
    assert rules[0].values == ("x",)
    assert [each.value for each in rules[1].condition.operands] == ["y", '"z']
    assert [each.value for each in rules[2].condition.operands] == ["x"]


INVALID_RULES = [
    'IsComplete "a" > 0.05',
    'Completeness "a"',
    'Completeness "a" = "1.0"',
    'Completeness "a" > 0.4 with threshold > 0.4',
    'ColumnLength "a" > 4 with threshold > 0.4',
    'DataFreshness "a" > 3 days with threshold > 0.5',
    'RowCount "id" > 100',
    "RowCount > 5.",
    "RowCount > 1e3",
    "RowCount = Null",
    "RowCount BETWEEN 1 and 2",
    "RowCount <> 1",
    "RowCount in []",
    "RowCount in [1,]",
    "RowCount > $few",
    "rowCount > 0",
    "(RowCount > 1) And (RowCount > 2)",
    'ColumnNamesMatchPattern "a" where "b > 1"',
    'ColumnDataType "a" = "Date" with threshold > 0.9 with threshold > 0.7',
    'ColumnDataType "a" = NULL',
    'ColumnValues "a" > now() + 1 hours',
    'ColumnValues "a" = (now() - 3 weeks)',
    'ColumnValues "a" = (now() - 3days)',
    'ColumnValues "a" = (now() - 99999999999 days)',
    'ColumnValues "a" in [1,"2"]',
    'ColumnValues "a" in [1,EMPTY]',
    'ColumnValues "a" in ["2024-01-01","x"]',
    'ColumnValues "a" in ["2024-01-01",EMPTY]',
    'ColumnValues "a" > "b"',
    'ColumnValues "a" > "13:50 PM"',
    'ColumnValues "a" > "25:30"',
    'ColumnValues "a" = "2026-02-30"',
    'ColumnValues "a" matches "2026-02-03"',
    'ColumnValues "a" MATCHES "x"',
    'ColumnValues "a" > 5 with threshold > 0.5 where "b > 1"',
    'ColumnValues "a" > 5 labels=["a"="b"] where "b > 1"',
    'ColumnValues "a" > 5 with foo > 5',
    'ColumnValues "a" > 5 with foo = "2024-01-01"',
    'DataFreshness "a" <= 3',
    'IsComplete "a" and IsComplete "b"',
    'IsUnique "a" and IsComplete "b"',  # the published parser takes IsComplete and b as two more columns
    'IsComplete "a" where ""',
    'IsComplete "a" where "2024-01-01"',
    'IsComplete "2024-01-01"',
    "IsComplete days",
    "IsComplete 'a'",
    'IsComplete "a" IsComplete "b"',
    'IsComplete "a',
    'IsComplete "a" labels=[]',
    'IsComplete "a" labels=["x"="y", "x"="z"]',
    'IsComplete "a" labels=["x"=""]',
    f'IsComplete "a" labels=["{"x" * 129}"="y"]',
    f'IsComplete "a" labels=["x"="{"y" * 257}"]',
    "FileSize <= 1 ZB",
    "FileSize <= 5.0",
    'FileMatch "s3://a"',
    'FileMatch "s3://a" "s3://b" in ["x"]',
    'AllStatistics "a"',
    'AllStatistics "a" > 0',
]
INVALID = [
    "",
    "Rules = [ ]",
    'Rules = { IsComplete "a" }',
    "rules = [ RowCount > 1 ]",
    "Rules = [ RowCount > 1 ] # a comment without a line feed",
    "Rules = [\r\n RowCount > 1 ]",
    "Rules = [ RowCount > 1 ]]",
    "Rules = [ RowCount > 1 ] Rules = [ RowCount > 1 ]",
    "Analyzers = [ RowCount ] Rules = [ RowCount > 1 ]",  # the published parser overlooks the rules
    'Rules = [ RowCount > 0 ] Analyzers = [ Completeness "a" > 1.0 ]',
    'Rules = [ RowCount > 0 ] Analyzers = [ IsComplete "a" ]',
    'x = ["a"]\nx = ["b"]\nRules = [ ColumnValues "a" in $x ]',
    'x = "a"\nRules = [ ColumnValues "a" = $x ]',
    'x = "a"\nRules = [ ColumnValues "a" matches $x ]',
    'x = "a"\nRules = [ ColumnValues "a" in [$x, "b"] ]',
    'x = ["a"]\nRules = [ IsComplete $x ]',
    "x = 5\nRules = [ RowCount > $x ]",
    'x = "2024-01-01"\nRules = [ ColumnValues "a" in $x ]',
    'x = "select $y"\nRules = [ RowCount > 1 ]',
    'days = "x"\nRules = [ RowCount > 1 ]',
    'DefaultLabels=["a"="b"]\nx = "y"\nRules = [ RowCount > 1 ]',
    'DefaultLabels=["a"="b"]\nDefaultLabels=["a"="b"]\nRules = [ RowCount > 1 ]',
    'Metadata = { "Version": "1.0" } Rules = [ RowCount > 1 ]',  # the published parser reads it
]


@pytest.mark.parametrize("text", [*INVALID, *(f"Rules = [ {rule} ]" for rule in INVALID_RULES)])
def test_invalid_dqdl_is_refused_with_its_position(text):
    with pytest.raises(InvalidRulesetError, match=r"line \d+:\d+|No rules or analyzers"):
        parse(text)


def test_labels_are_counted_with_the_default_ones():
    default = ", ".join(f'"{key}"="x"' for key in "abcdef")
    text = f'DefaultLabels = [{default}]\nRules = [ RowCount > 1 labels=["a"="1", "b"="2", "c"="3", "d"="4"] ]'
    assert dict(parse(text).rules[0].labels)["a"] == "1"
    with pytest.raises(InvalidRulesetError, match="at most 10 labels"):
        parse(text.replace('"d"="4"', '"d"="4", "e"="5"'))
