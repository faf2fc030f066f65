"""The student model: a log of events and what follows from it; the only writer of files.

`events` says what is recorded and `store` records it, in the file that `database` opens, checks, copies
(`backups`) and repairs (`recovery`, `write_ahead_log`); `schema` is its form. Everything else is worked out
from the events and never stored: `progress` through the lessons, `opportunities` to show a skill, and from
these `mastery`, `review`, `ratings`, the `notebook` of mistakes and `habits`. `learner` holds it all.
"""
