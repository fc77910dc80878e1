"""The web pages: HTML rendered here, in French, that works without script (RGAA 4).

`house` says what a page is and `rooms` lists them; `site` renders, `forms` reads what was posted, `wording` is how
dates, sizes and statuses are said, `said` how answers are, `reply` carries messages with documents. A package is a
room: the pages of one audience. Pages ask the services through `gateway.errands` and nothing else.
"""
