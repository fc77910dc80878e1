"""The read models of files, one module per question."""
