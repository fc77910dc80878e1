"""Filing a demande, step by step: at once without an account, through a draft with one."""

from gateway.pages.filing import discarding, draft, receipt, start

ROOM = (start.pages, draft.pages, discarding.pages, receipt.pages)
