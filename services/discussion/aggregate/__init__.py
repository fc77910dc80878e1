"""The rules of a discussion."""
