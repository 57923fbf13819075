"""Reads iCalendar from standard input with the PyPI package `icalendar`, and tells what it found as JSON: one object an event."""

import json
import sys

import icalendar

raw = sys.stdin.buffer.read()
assert raw.endswith(b"END:VCALENDAR\r\n"), "the file ends with its calendar"
for line in raw.split(b"\r\n"):
    assert len(line) <= 75, f"a line of {len(line)} bytes"
    assert b"\n" not in line and b"\r" not in line, "a line end that is none"
    line.decode("utf-8")  # No character is cut by the folding.

calendar = icalendar.Calendar.from_ical(raw)
assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
events = []
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    told = {key.lower(): str(event[key]) for key in ("UID", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "SEQUENCE") if key in event}
    for key in ("DTSTART", "DTEND", "DTSTAMP"):
        at = event.decoded(key)
        assert at.utcoffset().total_seconds() == 0, f"{key} is not in UTC"
        told[key.lower()] = round(at.timestamp())
    events.append(told)
print(json.dumps(events))
