"""What decides: `demarche`, `demande` (with `filing` and `implicit`), its `clock`, its `receipt`; dates in between."""
