"""Reader studies without a window: records, files, checks, the demo's questions, the report."""
