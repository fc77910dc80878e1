"""Owns the mail ledger: which mail every fact leads to, its bytes, each attempt to hand it over, and how that ended.

It decides nothing about accounts, demandes or discussions: it copies what a mail must say from their facts. A mail is
planned exactly once and accepted by the mail server at least once, unless it is refused for good; an extra copy can
only come from a lost reply or a crash while the server answers, and is byte for byte the same.
"""
