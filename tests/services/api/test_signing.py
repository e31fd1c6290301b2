"""Signing in at a browser: cookies, forms that must be ours, guessing that grows slow, and crowds."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import closing
from http.cookies import SimpleCookie

import httpx
import pytest

from events import database
from services.access import sessions, users
from tests.services.api.office import PASSWORD, Office

CROWD = 2_000


def signed_in(office: Office, name: str = "supervisor") -> httpx.Client:
    client = httpx.Client(base_url=office.url, timeout=60)
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def csrf_of(client: httpx.Client) -> str:
    return sessions.csrf(client.cookies["rekam"])


# ------------------------------------------------------------------ the cookie


def test_who_signs_in_gets_a_cookie_that_no_script_reads_and_no_other_site_sends(office: Office) -> None:
    answer = httpx.post(f"{office.url}/sign-in", data={"name": "auditor", "password": PASSWORD})
    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()

    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert len(cookie.value) == 43
    assert answer.headers["location"] == "/"


def test_a_session_asks_the_api_too(office: Office) -> None:
    with closing(signed_in(office)) as client:
        assert client.get("/v1/counts").status_code == 200


def test_signing_out_ends_the_session_and_not_the_cookie_alone(office: Office) -> None:
    with closing(signed_in(office)) as client:
        secret = client.cookies["rekam"]
        assert client.post("/sign-out", data={"csrf": csrf_of(client)}).status_code == 303

    assert httpx.get(f"{office.url}/v1/counts", cookies={"rekam": secret}).status_code == 401


def test_who_is_disabled_is_signed_out_within_a_second(office: Office) -> None:
    with (
        closing(signed_in(office, "elsewhere")) as client,
        database.connect(office.database, "rekam_access") as connection,
    ):
        users.disable(connection.cursor(), "elsewhere")
        connection.commit()
        try:
            deadline = 20
            while client.get("/v1/counts").status_code != 401 and deadline:
                deadline -= 1
            assert client.get("/v1/counts").status_code == 401
            assert office.ask("elsewhere", "/v1/counts").status_code == 401
        finally:
            users.enable(connection.cursor(), "elsewhere")
            connection.commit()


@pytest.mark.parametrize("to", ["//elsewhere.example", "/\\elsewhere.example", "javascript:1", "http://rekam.example"])
def test_nobody_is_sent_to_another_site_after_signing_in(office: Office, to: str) -> None:
    answer = httpx.post(f"{office.url}/sign-in", data={"name": "auditor", "password": PASSWORD, "to": to})

    assert answer.headers["location"] == "/"


# ------------------------------------------------------------------ forms that must be ours


@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "×"])
def test_a_form_without_the_sessions_own_token_changes_nothing(office: Office, csrf: str | None) -> None:
    with closing(signed_in(office)) as client:
        said = {} if csrf is None else {"csrf": csrf}
        assert client.post("/sign-out", data=said).status_code == 403
        assert client.get("/v1/counts").status_code == 200


def test_a_form_that_another_site_has_sent_changes_nothing(office: Office) -> None:
    with closing(signed_in(office)) as client:
        sent = {"Sec-Fetch-Site": "cross-site"}
        assert client.post("/sign-out", data={"csrf": csrf_of(client)}, headers=sent).status_code == 403
        said = {"name": "supervisor", "password": PASSWORD}
        assert httpx.post(f"{office.url}/sign-in", data=said, headers=sent).status_code == 403


def test_a_program_with_a_session_needs_the_header_and_with_a_token_none(office: Office) -> None:
    with closing(signed_in(office)) as client:
        nik = {"nik": "5371010101909999"}
        assert client.post("/v1/residents/find", json=nik).status_code == 403
        told = {"X-CSRF-Token": csrf_of(client)}
        assert client.post("/v1/residents/find", json=nik, headers=told).status_code == 404
    assert office.ask("supervisor", "/v1/residents/find", "POST", json=nik).status_code == 404


# ------------------------------------------------------------------ guessing


def page_of(answer: httpx.Response) -> str:
    return re.sub(r'value="[^"]*"', "", answer.text)


def test_a_wrong_password_and_a_name_that_nobody_has_look_the_same(office: Office) -> None:
    wrong, unknown = (
        httpx.post(f"{office.url}/sign-in", data={"name": name, "password": "not this one, surely"})
        for name in ("operator", "nobody-at-all")
    )

    assert (wrong.status_code, page_of(wrong)) == (unknown.status_code, page_of(unknown)) != (303, "")


def test_whoever_guesses_on_waits_longer_and_longer(office: Office) -> None:
    answers = [
        httpx.post(f"{office.url}/sign-in", data={"name": "guessed", "password": "not this one, surely"})
        for _ in range(8)
    ]

    assert [answer.status_code for answer in answers][-1] == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


async def status_of(office: Office, request: bytes) -> int:
    """One request on a connection of its own; the status of its answer."""
    host, _, port = office.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()


def written(office: Office, name: str) -> bytes:
    body = f"name={name}&password=not+this+one+surely"
    head = f"POST /sign-in HTTP/1.1\r\nHost: {office.url.removeprefix('http://')}\r\nConnection: close\r\n"
    form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    return (head + form).encode()


def test_a_crowd_that_signs_in_holds_up_nobody_who_asks(office: Office) -> None:
    """Two thousand at once, each by a name of their own: a few passwords are looked at, the others are told to wait."""

    async def crowd() -> tuple[Counter[int], list[int]]:
        tries = [asyncio.create_task(status_of(office, written(office, f"crowd-{n}"))) for n in range(CROWD)]
        asked = [(await asyncio.to_thread(office.ask, "reporting", "/v1/counts")).status_code for _ in range(3)]
        return Counter(await asyncio.gather(*tries)), asked

    told, asked = asyncio.run(crowd())

    assert asked == [200, 200, 200]
    assert told.total() == CROWD
    assert set(told) <= {401, 429, 503}
    assert told[429] + told[503] > CROWD / 2
