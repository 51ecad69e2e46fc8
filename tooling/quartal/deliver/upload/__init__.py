"""The parts of an upload: plan, check of headers, checksums, multipart uploads, and the record of the delivery."""
