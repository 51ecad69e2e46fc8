"""What an upload is made of: its plan, the check of headers, checksums, parts, and the record of what was delivered."""
