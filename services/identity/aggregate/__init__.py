"""The rules of identity: accounts, reserved addresses, the security question, what a person may be called."""
