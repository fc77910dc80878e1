"""The read models of notifier, one module per question."""
