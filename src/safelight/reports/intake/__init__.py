"""Taking reports in: from what lies in a folder or an archive to rows in the store, resumable, nothing twice."""
