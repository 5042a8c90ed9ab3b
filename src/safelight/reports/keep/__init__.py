"""The columnar store of reports: encrypted Parquet beside the workspace, appended to, never rewritten."""
