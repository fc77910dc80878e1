"""The web pages: HTML rendered here, in French, that works without script (RGAA 4).

`site` renders and reads forms; `account`, `passwords`, `address`, `second_factor`, `terms`, `tracking`, `demandes` and
`home` are the pages; `wording` is how dates, sizes and statuses are said. Pages ask the services through
`gateway.errands` and nothing else.
"""
