"""The decisions of the dossiers service: pure rules, without framework, I/O or clock."""
