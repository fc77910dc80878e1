"""The read models of discussion, one file per question."""
