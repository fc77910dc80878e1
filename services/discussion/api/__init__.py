"""The routes of discussion: parse, command, handle, answer."""
