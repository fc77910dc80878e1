"""The routes of dossiers: parse, command, handle, answer."""
