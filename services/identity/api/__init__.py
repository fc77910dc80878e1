"""The HTTP doors of identity."""
