"""Sign-on by the office's provider: whoever it vouches for is who they say, and nothing less is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from joserfc.jwk import ECKey

from events.errors import NoAnswer, Unreachable, WrongUse
from services.access import users
from services.access.reached import Reached, reached
from services.access.roles import Caller, Role
from services.access.sign_on import Begun, SignOn, sign_on
from services.settings import Settings, from_environ
from tests.services.access.provider import BACK, CLIENT, SECRET, Provider, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOST = "rekam.example"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as one:
        one.now = int(NOW.timestamp())
        yield one


@pytest.fixture
def here(provider: Provider) -> Iterator[SignOn]:
    with httpx.Client(trust_env=False) as web:
        yield SignOn(provider.issuer, CLIENT, SECRET, BACK, web)


def signed_on(here: SignOn, provider: Provider, now: datetime = NOW) -> str:
    address, begun = here.begin()
    return here.finish(begun, *provider.browse(address), now)


def test_whoever_signs_on_there_is_who_the_provider_says(
    here: SignOn, provider: Provider, cursor: psycopg.Cursor[Any]
) -> None:
    users.add(cursor, users.check("ann", "auditor", []), None, provider.sub)
    user = users.by_subject(cursor, signed_on(here, provider))

    assert user is not None
    assert user.caller == Caller("ann", Role.AUDITOR)
    assert provider.exchanged["way"] == "basic"


def test_whom_nobody_has_added_is_nobody_here(here: SignOn, provider: Provider, cursor: psycopg.Cursor[Any]) -> None:
    provider.sub = "somebody else"

    assert users.by_subject(cursor, signed_on(here, provider)) is None


def test_the_browser_is_sent_with_all_that_makes_it_safe(here: SignOn, provider: Provider) -> None:
    address, begun = here.begin()
    provider.browse(address)

    assert address.startswith(f"{provider.issuer}/in?")
    assert {name: provider.asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid",
    }
    assert provider.asked["code_challenge_method"] == "S256"
    assert begun.verifier not in address
    assert SECRET not in address + repr(here)
    assert len({*begun, *here.begin()[1]}) == 6


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(here: SignOn, provider: Provider) -> None:
    provider.said = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}

    assert signed_on(here, provider) == provider.sub
    assert "way" not in provider.exchanged


WRONG: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"iss": "another"},
    {"iss": None},
    {"aud": "another"},
    {"aud": ["another", "one more"]},
    {"aud": [CLIENT, "another"]},
    {"azp": "another"},
    {"sub": None},
    {"sub": 7},
    {"exp": int(NOW.timestamp()) - 61},
    {"exp": None},
    {"iat": int(NOW.timestamp()) + 3600},
    {"iat": None},
    {"nbf": int(NOW.timestamp()) + 3600},
]


@pytest.mark.parametrize("told", WRONG, ids=str)
def test_a_claim_that_is_wrong_is_not_believed(here: SignOn, provider: Provider, told: dict[str, Any]) -> None:
    provider.told = told

    with pytest.raises(NoAnswer, match="begin again"):
        signed_on(here, provider)


def test_several_audiences_are_fine_where_we_are_the_one_it_is_for(here: SignOn, provider: Provider) -> None:
    provider.told = {"aud": [CLIENT, "another"], "azp": CLIENT}

    assert signed_on(here, provider) == provider.sub


@pytest.mark.parametrize("kid", ["one", "two"])
def test_a_signature_by_another_key_is_not_believed(here: SignOn, provider: Provider, kid: str) -> None:
    provider.signed_by = ECKey.generate_key("P-256", {"kid": kid})

    with pytest.raises(NoAnswer, match="not sound"):
        signed_on(here, provider)


@pytest.mark.parametrize("token", ["", "a.b", "eyJhbGciOiJub25lIn0.e30.", 7, None])
def test_what_is_no_token_of_theirs_is_not_believed(
    here: SignOn, provider: Provider, token: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "token", lambda: token)

    with pytest.raises(NoAnswer, match="begin again"):
        signed_on(here, provider)


def test_keys_may_change(here: SignOn, provider: Provider) -> None:
    signed_on(here, provider)
    signed_on(here, provider)
    provider.keys.append(ECKey.generate_key("P-256", {"kid": "two", "use": "sig"}))

    assert signed_on(here, provider) == provider.sub
    assert provider.paths.count("/keys") == 2
    assert provider.paths.count("/.well-known/openid-configuration") == 1


def test_a_sign_on_is_finished_by_who_has_begun_it(here: SignOn, provider: Provider) -> None:
    address, begun = here.begin()
    _, other = here.begin()
    state, code = provider.browse(address)

    for wrong in ("", "é\ud800", other.state):
        with pytest.raises(NoAnswer, match="not begun here"):
            here.finish(begun, wrong, code, NOW)
    with pytest.raises(NoAnswer, match="did not accept"):
        here.finish(Begun(state, begun.nonce, other.verifier), state, code, NOW)
    with pytest.raises(NoAnswer, match="did not accept"):
        here.finish(begun, state, "another code", NOW)
    assert here.finish(begun, state, code, NOW + timedelta(minutes=1)) == provider.sub


@pytest.mark.parametrize(
    "said", [{"issuer": "another"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": None}, {"authorization_endpoint": 7}]
)
def test_what_is_no_provider_is_not_asked_further(here: SignOn, provider: Provider, said: dict[str, Any]) -> None:
    provider.said = said

    with pytest.raises(NoAnswer, match="REKAM_OIDC_ISSUER"):
        here.begin()
    assert len(provider.paths) == 1


def test_a_provider_that_does_not_answer_is_tried_again(here: SignOn, provider: Provider) -> None:
    provider.status = 503
    with pytest.raises(Unreachable, match="503"):
        here.begin()
    provider.status = 200

    assert signed_on(here, provider) == provider.sub
    here.issuer, here._said = "http://" + "127.0.0.1:1", None
    with pytest.raises(Unreachable, match="ConnectError"):
        here.begin()


# ------------------------------------------------------------------ settings


def settings(**more: str) -> Settings:
    return from_environ({f"REKAM_{name}": value for name, value in more.items()})


def test_a_sign_on_is_made_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    found = settings(OIDC_ISSUER=f"https://{HOST}/realm", OIDC_CLIENT=CLIENT, OIDC_SECRET_FILE=str(tmp_path / "secret"))
    with httpx.Client() as web:
        made = sign_on(found, BACK, web)
        assert sign_on(settings(), BACK, web) is None

    assert made is not None
    assert (made.issuer, made.client, made.secret) == (f"https://{HOST}/realm", CLIENT, SECRET)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"OIDC_ISSUER": f"https://{HOST}"}, "needs REKAM_OIDC_CLIENT"),
        ({"OIDC_ISSUER": f"https://{HOST}", "OIDC_CLIENT": "x"}, "needs REKAM_OIDC_SECRET_FILE"),
        ({"OIDC_CLIENT": "x"}, "REKAM_OIDC_CLIENT has no effect"),
        ({"OIDC_ISSUER": f"http://{HOST}", "OIDC_CLIENT": "x", "OIDC_SECRET_FILE": "x"}, "plain http"),
        ({"OIDC_ISSUER": "issuer", "OIDC_CLIENT": "x", "OIDC_SECRET_FILE": "x"}, "REKAM_OIDC_ISSUER is 'issuer'"),
        ({"API_URL": HOST}, "REKAM_API_URL is"),
        ({"API_URL": f"ftp://{HOST}"}, "REKAM_API_URL is"),
        ({"API_URL": "https://"}, "REKAM_API_URL is"),
        ({"API_URL": f"https://{HOST}:none"}, "REKAM_API_URL is"),
        ({"API_URL": f"https://{HOST}?x"}, "REKAM_API_URL is"),
        ({"API_URL": f"https://{'user'}@{HOST}"}, "REKAM_API_URL is"),
        ({"API_URL": f"https://{HOST}/rekam"}, "REKAM_API_URL has a path"),
    ],
)
def test_settings_that_do_not_fit_are_refused(more: dict[str, str], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        settings(**more)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, ("http://" + "127.0.0.1:8800", False)),
        ({"API": "[::1]:80"}, ("http://" + "[::1]:80", False)),
        ({"API": "localhost:80"}, ("http://" + "localhost:80", False)),
        ({"API_URL": f"https://{HOST}/"}, (f"https://{HOST}", True)),
        ({"API": "0.0.0.0:8800", "API_URL": f"https://{HOST}"}, (f"https://{HOST}", True)),
        ({"API": "0.0.0.0:8800", "API_URL": "http://" + "localhost:8800"}, ("http://" + "localhost:8800", False)),
    ],
)
def test_people_reach_it_safely(more: dict[str, str], found: tuple[str, bool]) -> None:
    assert reached(settings(**more)) == Reached(*found)


@pytest.mark.parametrize(
    "more",
    [{"API": "0.0.0.0:8800"}, {"API": f"{HOST}:80"}, {"API_URL": f"http://{HOST}"}, {"API": "[::]:80"}],
)
def test_or_it_does_not_start(more: dict[str, str]) -> None:
    found = settings(**more)  # which is no wrong use for who asks something else

    with pytest.raises(WrongUse, match="REKAM_API_URL"):
        reached(found)
