"""Authority, policy and the audit log: every public verb passes here."""
