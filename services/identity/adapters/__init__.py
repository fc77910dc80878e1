"""Argon2id and zxcvbn behind the ports, and the durable tables of `state`: sessions, tokens, questions, attempts."""
