"""The table of errors is whole: every place that makes one has a row, with a test that provokes it, and a remedy."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml

import plan_review.errors
from quartal.core import errors
from quartal.core.errors import error_code
from tests.site_modules import site_module

ROOT = Path(__file__).parents[3]

SITES_MODULE = site_module("error_sites")
TYPES = SITES_MODULE.error_types()
TABLE: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("errors.yaml").read_text("utf-8"))
ERRORS = {place: test for places in TABLE.values() for place, test in places.items()}


@pytest.fixture(scope="module")
def sites():
    """The places that make an error, by their key."""
    return {site.key: site for site in SITES_MODULE.error_sites()}


@cache
def functions_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_place_that_makes_an_error_has_a_row_and_no_row_is_left_over(sites):
    assert sorted(set(sites) - set(ERRORS)) == []
    assert sorted(set(ERRORS) - set(sites)) == []
    assert {place: kind for kind, places in TABLE.items() for place in places} == {
        key: site.type for key, site in sites.items()
    }


def test_every_type_of_error_is_raised_somewhere_and_has_an_exit_code(sites):
    made = Counter(site.type for site in sites.values())
    bases = {"ReviewError", "TerraformConfigurationError"}  # the second is made by its base's maker
    assert {name for name in TYPES if not made[name]} == bases
    for name, kind in TYPES.items():
        assert kind.exit_code == getattr(errors if hasattr(errors, name) else plan_review.errors, name).exit_code


def test_tests_named_in_rows_exist():
    named = sorted(set(ERRORS.values()))
    assert [test for test in named if test.partition("::")[2] not in functions_in(test.partition("::")[0])] == []


def test_every_error_has_a_remedy(sites):
    assert [key for key, site in sorted(sites.items()) if not site.remedy] == []


def test_code_of_an_error_names_its_part_of_the_page(sites):
    page = SITES_MODULE.page()
    kinds = {name for name in TYPES if any(site.type == name for site in sites.values())}
    codes = {error_code(type(name, (Exception,), {})()) for name in kinds}
    assert {"configuration", "not-deployed", "upload", "terraform"} <= codes
    assert set(re.findall(r"\{ #([a-z-]+) \}", page)) <= codes
