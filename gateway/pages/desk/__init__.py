"""The working desk of those who instruct demandes."""

from gateway.pages.desk import acts, batch, decision, demande, inbox, opinions, statistics, talk

ROOM = (
    inbox.pages,
    batch.pages,
    demande.pages,
    acts.pages,
    decision.pages,
    talk.pages,
    opinions.pages,
    statistics.pages,
)
