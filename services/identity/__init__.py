"""Owns the accounts: who somebody is, how he proves it, what he may do, and the sessions that remember it.

It knows nothing of demandes: a tracking session is opened on the word of dossiers. Mail is the notifier's business.
"""
