"""The report desk: read incoming reports, link those about the same people, put first a child in danger now."""
