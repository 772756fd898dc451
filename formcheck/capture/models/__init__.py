"""The pose model: found, fetched or assembled, and checked."""
