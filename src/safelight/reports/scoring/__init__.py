"""What comes first: observations of a report, the table of weights, the sum that people can read."""
