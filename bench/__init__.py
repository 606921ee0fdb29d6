"""The benches: one command that prints every figure of docs/benchmarks.md, each beside a
reference measured in the same run. `python -m bench --list` names them.
"""
