"""From landmarks to a report: pure, on numpy alone. No clock, no files, no pictures."""
