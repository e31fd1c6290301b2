"""Somebody who asks the API all the while, and remembers what it said: it answers, or says that it cannot now.

What may be: an answer; 503 with a problem document; 404 while no list is declared, and, of a position that was answered
before, while a view has not come again to where it was before PostgreSQL was killed, since it does not wait for the
disk; a connection refused, or no answer for too long. What may not: anything else; rows that do not sum to their total;
or, to a question that was answered before, another answer. At rest every one of those has its answer again.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial
from random import Random
from threading import Event, Thread
from typing import Any, Final, Self, TypeAlias

import httpx

from tests.faults.judge import Answer

__all__ = ["LAST_DAY", "Asker"]

EVERY_S: Final = 0.2
AGAIN: Final = 0.5
LONGEST_S: Final = 30.0
REMEMBERED: Final = 200
DAYS: Final = ("2018-03-01", "2018-06-01", "2019-06-01")
LAST_DAY: Final = "2026-01-01"
"""Behind every day that the load speaks of."""

_NO_LIST: Final = "no list is declared"
_SHOWN: Final = 5
_PROBLEM: Final = "application/problem+json"
Asked: TypeAlias = "tuple[tuple[str, str], ...]"
Said: TypeAlias = "dict[str, Any]"


class NotNow(Exception):  # noqa: N818 - no error: an answer that may be
    """There was no answer, or one of those that may be in its place."""


class Asker:
    """To be used by `with`. `answers` counts by status, or by what came in its place; `failures` is what may not be.

    `stands` is how many people stand where in the end, by standing, once it was asked `at_rest`; None where
    no list is declared then. `listed` is whoever is outstanding then, by name, once it `has_listed`.
    """

    def __init__(self, api: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.stands: dict[str, int] | None = None
        self.listed: list[dict[str, Any]] | None = None
        self._client = partial(
            httpx.Client,
            base_url=api,
            headers={"Authorization": f"Bearer {token}"},
            timeout=LONGEST_S,
            transport=transport,
        )
        self._drawn = Random(7)
        self._remembered: dict[Asked, Said] = {}
        self._over = Event()
        self._thread = Thread(target=self._run)

    @property
    def said(self) -> list[Answer]:
        """What it was answered of a day as known at a position, and still remembers."""
        return [
            Answer(
                date.fromisoformat(said["on"]),
                said["position"],
                {(row["area"], name): people for row in said["rows"] for name, people in row["standings"].items()},
            )
            for said in self._remembered.values()
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def at_rest(self) -> bool:
        """Ask everything once more, and where everybody stands in the end; whether there was an answer to all.

        After the block. Where no list is declared there is no answer to what is asked of now, and `stands` stays None.
        """
        with self._client() as client:
            try:
                for question, before in self._remembered.items():
                    self._compare(question, before, self._ask(client, question))
            except NotNow:
                return False
            try:
                total = self._ask(client, (("on", LAST_DAY),))["total"]
            except NotNow as why:
                return str(why) == _NO_LIST
        self.stands = {name: people for name, people in total["standings"].items() if people}
        return True

    def has_listed(self) -> bool:
        """Ask, after `at_rest`, who is outstanding in the end, into `listed`; whether all of it was answered."""
        if self.stands is None:
            return True
        rows: list[dict[str, Any]] = []
        question: dict[str, str] = {"standing": "outstanding", "on": LAST_DAY, "limit": "500"}
        with self._client() as client:
            while True:
                try:
                    response = client.get("/v1/outstanding", params=question)
                except httpx.TransportError:
                    return False
                if response.status_code != 200:
                    if response.status_code != 503:
                        self._fail(f"{question}: {response.status_code} {response.text[:300]}")
                    return response.status_code != 503
                page = response.json()
                rows += page["rows"]
                if page["next"] is None:
                    self.listed = rows
                    return True
                question["after"] = page["next"]

    def _run(self) -> None:
        with self._client() as client:
            while not self._over.wait(EVERY_S):
                try:
                    self.ask_one(client)
                except NotNow:
                    pass
                except Exception as error:  # noqa: BLE001 - else the thread would end, and nobody ask any more
                    self._fail(repr(error))

    def ask_one(self, client: httpx.Client) -> None:
        """Ask something of now, or something that was answered before, by turns."""
        if self._remembered and self._drawn.random() < AGAIN:
            question = self._drawn.choice(list(self._remembered))
            self._compare(question, self._remembered[question], self._ask(client, question))
            return
        day = ("on", self._drawn.choice((*DAYS, LAST_DAY)))
        said = self._ask(client, (day,))
        question = (day, ("known", str(said["position"])))
        if question in self._remembered:
            self._compare(question, self._remembered[question], said)
            return
        if len(self._remembered) >= REMEMBERED:
            del self._remembered[self._drawn.choice(list(self._remembered))]
        self._remembered[question] = said

    def _compare(self, question: Asked, before: Said, said: Said) -> None:
        if said != before:
            self._fail(f"{question} was answered {before}, and now {said}")

    def _ask(self, client: httpx.Client, question: Asked) -> Said:
        """What of the answer lasts. NotNow where there is none that may not be, with its reason."""
        try:
            response = client.get("/v1/counts", params=question)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            raise NotNow from None
        self.answers[str(response.status_code)] += 1
        if response.status_code == 200:
            document = response.json()
            if not _sums_up(document):
                self._fail(f"{question}: the rows do not sum to the total: {document}")
            return {name: document[name] for name in ("on", "position", "rows", "total")}
        what = f"{question}: {response.status_code} {response.text[:300]}"
        if response.headers.get("content-type") != _PROBLEM:
            self._fail(what)
        elif response.status_code == 404:
            may_be = "is ahead of" if len(question) > 1 else _NO_LIST
            if may_be in response.json()["detail"]:
                raise NotNow(may_be)
            self._fail(what)
        elif response.status_code != 503:
            self._fail(what)
        raise NotNow

    def _fail(self, what: str) -> None:
        if len(self.failures) < _SHOWN:
            self.failures.append(f"the API: {what}")


def _sums_up(document: Said) -> bool:
    total: dict[str, int] = dict.fromkeys(document["total"]["standings"], 0)
    for row in document["rows"]:
        for standing, people in row["standings"].items():
            total[standing] += people
    return total == document["total"]["standings"] and min(total.values()) >= 0
