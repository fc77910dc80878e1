"""The routes of files: sending, reading, and what other services ask."""
