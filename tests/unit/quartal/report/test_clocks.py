from datetime import UTC, datetime

import pytest

from quartal.report.clocks import on_clocks


@pytest.mark.parametrize(
    ("moment", "zone", "told"),
    [
        ("2027-01-08 02:00", "Europe/Berlin", "2027-01-08 02:00 UTC, 03:00 Europe/Berlin"),
        ("2027-04-08 02:00", "Europe/Berlin", "2027-04-08 02:00 UTC, 04:00 Europe/Berlin"),
        ("2027-03-27 23:30", "Europe/Berlin", "2027-03-27 23:30 UTC, 00:30 of the next day Europe/Berlin"),
        ("2027-03-20 02:00", "America/Chicago", "2027-03-20 02:00 UTC, 21:00 of the day before America/Chicago"),
        ("2027-12-20 02:00", "America/Chicago", "2027-12-20 02:00 UTC, 20:00 of the day before America/Chicago"),
        ("2027-01-08 02:00", "Asia/Kathmandu", "2027-01-08 02:00 UTC, 07:45 Asia/Kathmandu"),
        ("2027-01-08 02:00", None, "2027-01-08 02:00 UTC"),
        ("2027-01-08 02:00", "Mars/Olympus", "2027-01-08 02:00 UTC"),
        ("2027-01-08 02:00", "../etc/passwd", "2027-01-08 02:00 UTC"),
    ],
)
def test_time_is_shown_in_utc_and_in_local_time(moment, zone, told):
    assert on_clocks(datetime.fromisoformat(moment).replace(tzinfo=UTC), zone) == told
