"""The pieces people exchange: their bytes in S3, what vetting found, who claimed and who downloaded them.

It owns the aggregate `StoredFile` and the two buckets (quarantine and clean). It knows no message: a discussion
claims a file by its id. No byte of a file, and no file name in clear, ever enters an event.
"""
