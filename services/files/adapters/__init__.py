"""The ports of `files` over real things: an S3 server, clamd, a limited child process. Only `main` picks them."""
