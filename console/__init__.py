"""The `guichet` command: starts an installation, feeds it, audits it and measures it."""
