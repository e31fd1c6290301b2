"""What intake asks of a text, as JSON Schema can say it.

The patterns keep to what every dialect reads alike, without look-around. In some dialects `$` also matches before the
end of a line, so a text has a greatest length, or a pattern that it must not match, beside it.
"""

from __future__ import annotations

from typing import Any, Final

from events.territory import KELURAHAN as KELURAHAN_NAMES
from events.territory import PROVINCES

__all__ = ["DAY", "INSTANT", "KELURAHAN", "NAME", "NIK", "REGENCY", "REGION"]

Schema = dict[str, Any]

_PROVINCE: Final = f"({'|'.join(PROVINCES)})"
_MONTH_DAY: Final = (
    "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
)
#: The two last digits of the years that 4 divides, those of a century's first year left out.
_FOURTH: Final = "(0[48]|[2468][048]|[13579][26])"
_LEAP_CENTURY: Final = "([02468][048]|[13579][26])00"

_YEAR: Final = "(18[5-9][0-9]|19[0-9][0-9]|2[01][0-9][0-9])"
_LEAP_YEAR: Final = f"(18(5[26]|[68][048]|[79][26])|(19|20|21){_FOURTH}|2000)"

#: `calendar.parse_day`: 1850-01-01 to 2199-12-31, of the calendar.
DAY: Final[Schema] = {
    "type": "string",
    "format": "date",
    "maxLength": 10,
    "pattern": f"^({_YEAR}-({_MONTH_DAY})|{_LEAP_YEAR}-02-29)$",
}

_ANY_DAY: Final = f"([0-9]{{4}}-({_MONTH_DAY})|([0-9]{{2}}{_FOURTH}|{_LEAP_CENTURY})-02-29)"
_CLOCK: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"

#: `calendar.parse_instant`, but for the few hours that an offset moves out of the years 0001 to 9999.
INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": rf"^{_ANY_DAY}[Tt]{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?([Zz]|[+-]{_CLOCK})$",
    "not": {"pattern": "^0000|[^0-9TtZz.:+-]"},
}

#: `nik.check_nik`.
NIK: Final[Schema] = {
    "type": "string",
    "maxLength": 16,
    "pattern": (
        f"^{_PROVINCE}[0-9]{{4}}"
        "(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(0[1-9]|1[0-2])[0-9]{2}"
        "([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)$"
    ),
}

#: A province (2 digits) or a regency (4), of which the province is checked.
REGION: Final[Schema] = {"type": "string", "pattern": f"^{_PROVINCE}([0-9]{{2}})?$", "not": {"pattern": "[^0-9]"}}
#: A region that is not this city.
REGENCY: Final[Schema] = REGION | {"not": {"pattern": "[^0-9]|^5371$"}}

KELURAHAN: Final[Schema] = {"type": "string", "enum": list(KELURAHAN_NAMES)}

#: An event's source, id and type.
NAME: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 500,
    "not": {"pattern": r"[\u0000-\u001f\u007f-\u009f]"},
}
