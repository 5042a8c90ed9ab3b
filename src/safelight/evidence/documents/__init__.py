"""Documents: pictures and files inside PDF, legacy Office, RTF; encrypted ones with a password."""
