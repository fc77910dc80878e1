"""The HTTP edge of every service: principals, problems, preconditions, health."""
