"""Whatever strangers send to a parser: never an unforeseen error, never a forgery believed.

One file a room. Each test is a target: a property of one parser, for texts and bytes that
Hypothesis makes up. `make test` sends the same few hundred each time, to a third of the targets a
day; `make fuzz MINUTES=60` goes on for an hour a target, from a seed that is printed and repeats
what was found. What reaches a database is sent to both: `make test` draws one of them by the day,
`make fuzz` does each.

Hypothesis and not atheris: our parsers are Python over C libraries, so what a tracer of byte-code
sees of their branches is small beside what a strategy knows of a token's or a head's grammar;
failures are shrunk to what matters; and no compiler or clang is needed on the machines that run it.
Time is bounded by counting what is done (bytes kept, calls, statements), never by a clock.
"""
