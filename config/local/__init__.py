"""PostgreSQL and Valkey for a checkout, and the commands `make` calls. Deployments use none of it.

`place`        the directory .local/: secrets and ports that are kept, and the locks
`servers`      starting and stopping the two servers, whose `programs` come as wheels
`keeper`       the process that owns the servers and stops them when nobody holds a lease any more
`lease`        taking a lease, which starts a keeper where none runs
`environment`  what the settings lack in a checkout, for manage.py and for the supervisor
`supervisor`   make run, make demo and make test; `demo` is what make demo does over HTTP
"""


class Trouble(Exception):  # noqa: N818 - said to a person in one line, never shown as a traceback
    """Something that the person at the terminal has to know, with the way out."""
