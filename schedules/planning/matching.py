"""Whether distinct people can fill all the roles."""

from collections.abc import Sequence


def can_fill(candidates: Sequence[Sequence[int]]) -> bool:
    """True when every role (a list of people who could fill it) gets a person of its own."""
    taken: dict[int, int] = {}
    return all(_seat(role, candidates, taken, set()) for role in range(len(candidates)))


def _seat(role: int, candidates: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    for person in candidates[role]:
        if person in tried:
            continue
        tried.add(person)
        if person not in taken or _seat(taken[person], candidates, taken, tried):
            taken[person] = role
            return True
    return False
