"""`python -m bench.first_pass`: print how many seconds the first pass of a process takes.

With `--imports-only` it prints how long the imports took that come before.
"""

import sys
from time import perf_counter

if __name__ == "__main__":
    begun = perf_counter()
    from bench.passes import make_first_pass

    imported = perf_counter() - begun
    if "--imports-only" in sys.argv:
        print(imported)
    else:
        make = make_first_pass()
        begun = perf_counter()
        make()
        print(perf_counter() - begun)
