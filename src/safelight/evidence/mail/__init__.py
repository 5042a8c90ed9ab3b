"""Mail: single messages, mailboxes of one file, Outlook's stores and messages, and what is packed in a message."""
