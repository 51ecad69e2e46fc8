import json

from quartal.terraform.events import parse_event


def test_start_of_a_resource_names_address_and_action():
    event = parse_event(
        json.dumps(
            {
                "type": "apply_start",
                "@message": "aws_s3_bucket.this: Creating...",
                "hook": {"resource": {"addr": "module.data_lake.aws_s3_bucket.this"}, "action": "create"},
            }
        )
    )
    assert event is not None
    assert (event.kind, event.address, event.action) == (
        "apply_start",
        "module.data_lake.aws_s3_bucket.this",
        "create",
    )


def test_diagnostic_has_its_location_and_detail():
    event = parse_event(
        json.dumps(
            {
                "type": "diagnostic",
                "diagnostic": {
                    "severity": "error",
                    "summary": "Invalid value",
                    "detail": "schedule.cron needs six fields.\n",
                    "range": {"filename": "variables.tf", "start": {"line": 12}},
                },
            }
        )
    )
    assert event is not None
    assert event.diagnostic is not None
    assert event.diagnostic.is_error
    assert event.diagnostic.lines() == ("Invalid value (variables.tf:12)", "schedule.cron needs six fields.")


def test_line_that_is_no_event_is_passed_over():
    assert parse_event("Initializing the backend...") is None
    assert parse_event("[1, 2]") is None
    assert parse_event('{"no": "type"}') is None
