"""``recenv view``: one page over one or more runs, for a browser, from the run folders alone.

    payload.py   what the page shows, as data: a columnar table of all sessions, and packed blocks of transcripts
    page.py      the page around it: one script, one style, strict content security policy
    serve.py     on 127.0.0.1 with a token, by the standard library
    assets/      the script and style of the page; d3 and Observable Plot (ISC), with their licences
"""
