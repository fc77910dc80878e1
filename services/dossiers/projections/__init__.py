"""The read models of dossiers, one module per question."""
