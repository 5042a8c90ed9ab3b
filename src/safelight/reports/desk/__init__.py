"""The desk: one queue over all reports, what each one's place rests on, who works on what."""
