"""Chance: numbers that come once, however many threads ask."""

from concurrent.futures import ThreadPoolExecutor

from punchcard.kit.random_pool import RandomPool


def test_no_number_comes_twice_to_any_thread() -> None:
    chance = RandomPool()

    def draw(_: int) -> list[int]:
        return [chance.number() for _ in range(2_000)]

    with ThreadPoolExecutor(4) as threads:
        drawn = [number for numbers in threads.map(draw, range(8)) for number in numbers]

    assert len(set(drawn)) == len(drawn)


def test_all_64_bits_are_used() -> None:
    chance = RandomPool()
    ones = zeros = 0
    for _ in range(1_000):
        number = chance.number()
        ones |= number
        zeros |= ~number

    assert ones == zeros & (2**64 - 1) == 2**64 - 1
