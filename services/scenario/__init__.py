"""Kota Kupang 2018, made up: the messages of two phases, the same for the same seed and scale.

    messages    a fact as a registry puts it on Kafka
    residents   people who do not exist
    names       what they are called, and their streets
    cast        who stands how: the split of the 33,000 is made up
    office      writes facts: ids, times, papers
    november    known by 23 November 2018
    afterwards  known later
    newlist     the second list
    mishaps     shuffling, repeats
    oddities    messages that are refused, wait, or contradict
    register    the whole register, published before the two phases where the city is asked for

They are plain Kafka messages that a stranger could have published. Every figure follows from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.scenario import afterwards, newlist, november, oddities
from services.scenario.cast import FIRST_LIST, QUICK, SECOND_LIST, WHOLE, Scale, cast, stream
from services.scenario.messages import Message
from services.scenario.mishaps import Deck
from services.scenario.office import Office
from services.scenario.register import REGISTER, REGISTERED_ON, Register

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "FIRST_LIST",
    "QUICK",
    "REGISTER",
    "REGISTERED_ON",
    "SECOND_LIST",
    "WHOLE",
    "Message",
    "Register",
    "Scale",
    "phase_one",
    "phase_two",
]


def phase_one(seed: int, scale: Scale) -> Iterator[Message]:
    """What was known by 23 November 2018, shuffled; about 107,000 messages at full scale.

    Two messages with one source and id must reach Kafka in the order given: of two that differ the first is the fact.
    """
    deck = Deck(stream(seed, "deck of phase one"))
    office = Office(stream(seed, "phase one"), deck, november.OPENS, november.CLOSES)
    people = cast(seed, scale)
    november.tell(people, office)
    oddities.tell(people, office, 1)
    return deck.deal()


def phase_two(seed: int, scale: Scale) -> Iterator[Message]:
    """What became known until March 2019, shuffled, with the second list; the order matters as in `phase_one`."""
    deck = Deck(stream(seed, "deck of phase two"))
    office = Office(stream(seed, "phase two"), deck, afterwards.OPENS, afterwards.CLOSES)
    people = cast(seed, scale)
    where = afterwards.tell(people, office)
    newlist.tell(people, office, where)
    oddities.tell(people, office, 2)
    return deck.deal()
