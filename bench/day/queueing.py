"""How long one waits at servers that work on what comes, first come, first served (M/M/c).

Arrivals come by chance at an even rate, times of work are exponential: Erlang's formula C, as in
Gross and Harris, Fundamentals of Queueing Theory, chapter "Simple Markovian Queueing Models".
"""

from math import exp, inf


def chance_to_wait(load: float, servers: int) -> float:
    """Return how likely it is that nobody is free (Erlang C); `load`: seconds of work a second."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def slower_than(seconds: float, *, rate: float, service: float, servers: int) -> float:
    """Return the share that has waited and been worked on for longer than `seconds`.

    `rate` comes a second, each of which takes `service` seconds of one of the servers.
    """
    waits = chance_to_wait(rate * service, servers)
    done, freed = 1 / service, servers / service - rate
    if abs(freed - done) < done * 1e-9:
        return exp(-done * seconds) * (1 + waits * done * seconds)
    both = (freed * exp(-done * seconds) - done * exp(-freed * seconds)) / (freed - done)
    return (1 - waits) * exp(-done * seconds) + waits * both


def percentile_seconds(share: float, *, rate: float, service: float, servers: int) -> float:
    """Return the time within which `share` (0.99) are answered; infinite where work piles up."""
    if rate * service >= servers:
        return inf
    low, high = 0.0, service
    while slower_than(high, rate=rate, service=service, servers=servers) > 1 - share:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if slower_than(middle, rate=rate, service=service, servers=servers) > 1 - share:
            low = middle
        else:
            high = middle
    return high
