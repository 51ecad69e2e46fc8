"""Every picture of a report is valid XML for any names."""

from __future__ import annotations

from dataclasses import replace

from quartal.report.page import render_report
from tests.svg_pictures import HOSTILE, check_pictures
from tests.unit.quartal.report.example import example_report


def test_pictures_of_a_report_hold_no_control_characters():
    report = example_report()
    runs = tuple(replace(run, run_id=f"{run.run_id}{HOSTILE}") for run in report.runs)
    check_pictures(render_report(replace(report, runs=runs), environment_option=""))
