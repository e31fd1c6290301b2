"""Somebody who asks the API all the while, and remembers what it said: it answers, or says that it cannot now.

What may be: an answer; 503 with a problem document; 404 while no list is declared, and while a view has not come again
to where it was before PostgreSQL was killed, since it does not wait for the disk; a connection refused, or no answer
for too long. What may not: anything else; rows that do not sum to their total; or, to a question that was answered
before, another answer. At rest every one of those has its answer again.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from threading import Event, Thread
from typing import Any, Final, Self

import httpx

__all__ = ["Asker"]

EVERY_S: Final = 0.2
LONGEST_S: Final = 30.0
REMEMBERED: Final = 200
DAYS: Final = ("2018-03-01", "2018-06-01", "2019-06-01")
LAST_DAY: Final = "2026-01-01"
"""Behind every day that the load speaks of."""

NO_DAYS: Final[dict[str, Any]] = {}
"""Before a list was declared, and after the last declaration was withdrawn, no day has an answer."""

_SHOWN: Final = 5
_PROBLEM: Final = "application/problem+json"
Question = tuple[tuple[str, str], ...]


class Asker:
    """To be used by `with`. `answers` counts by status, or by what came in its place; `failures` is what may not be.

    `stands` is how many people stand where in the end, by standing, once it was asked `at_rest`; None where
    no list is declared then.
    """

    def __init__(self, api: str, token: str) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.stands: Counter[str] | None = None
        self._url = f"{api}/v1/counts"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._drawn = Random(7)
        self._remembered: dict[Question, dict[str, Any]] = {}
        self._over = Event()
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def at_rest(self) -> bool:
        """Ask everything once more, and where everybody stands in the end; whether there was an answer to all."""
        with httpx.Client(headers=self._headers, timeout=LONGEST_S) as client:
            for question, before in list(self._remembered.items()):
                said = self._asked(client, question)
                if said is None:
                    return False
                self._compare(question, before, said)
            said = self._asked(client, (("on", LAST_DAY),))
        if said is not None and said != NO_DAYS:
            self.stands = Counter({name: people for name, people in said["total"]["standings"].items() if people})
        return said is not None

    def _run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=LONGEST_S) as client:
            while not self._over.wait(EVERY_S):
                if self._remembered and self._drawn.random() < 0.5:
                    self._ask_again(client)
                else:
                    self._ask(client)

    def _ask(self, client: httpx.Client) -> None:
        """A new question, of now."""
        day = ("on", self._drawn.choice((*DAYS, LAST_DAY)))
        said = self._asked(client, (day,))
        if said is None or said == NO_DAYS:
            return
        if len(self._remembered) < REMEMBERED:
            self._remembered[day, ("known", str(said["position"]))] = said

    def _ask_again(self, client: httpx.Client) -> None:
        question, before = self._drawn.choice(list(self._remembered.items()))
        said = self._asked(client, question)
        if said is not None and said != NO_DAYS:
            self._compare(question, before, said)

    def _compare(self, question: Question, before: dict[str, Any], said: dict[str, Any]) -> None:
        if said != before:
            self._fail(f"{question} was answered {before}, and now {said}")

    def _asked(self, client: httpx.Client, question: Question) -> dict[str, Any] | None:
        """What of the answer lasts, NO_DAYS where no list is declared, or None where there was no answer."""
        try:
            response = client.get(self._url, params=question)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return None
        self.answers[str(response.status_code)] += 1
        if response.status_code == 200:
            document = response.json()
            standings = document["total"]["standings"]
            if +Counter(standings) != sum((Counter(row["standings"]) for row in document["rows"]), Counter()):
                self._fail(f"{question}: the rows do not sum to {standings}")
            return {name: document[name] for name in ("on", "position", "rows", "total")}
        if response.headers["content-type"] != _PROBLEM or response.status_code not in {404, 503}:
            self._fail(f"{question}: {response.status_code} {response.text[:300]}")
        return NO_DAYS if response.status_code == 404 else None

    def _fail(self, what: str) -> None:
        if len(self.failures) < _SHOWN:
            self.failures.append(f"the API: {what}")
