"""The read models of identity, one question each."""
