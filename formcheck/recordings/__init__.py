"""A recording from its file to reports, tables and annotated videos."""
