"""What every column of the schema `reporting` holds: name, type and comment, in the order of the columns.

A type is what a function returns rows of; a view shows the columns of its function. Names are promises: a column may be
added at the end, none is renamed, none means something else.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from projections.reading import EXPLAINED, OFFICIAL, STANDINGS

__all__ = ["FUNCTIONS", "TYPES", "VIEWS", "Column"]


class Column(NamedTuple):
    """`type` is PostgreSQL's."""

    name: str
    type: str
    comment: str


_STANDING: Final = {
    "unlisted": "people with facts, but on no list yet; their area is -",
    "deceased": "people with a registered death (akta kematian)",
    "departed": "people who left with a letter (SKPWNI) that still holds, or arrived elsewhere",
    "underage": "people who are not 17 yet, nor ever married; also when already recorded",
    "recorded": "people who were recorded (perekaman), without a failure or duplicate after it",
    "explained_recorded": "people found at the door to have been recorded",
    "explained_moved": "people found at the door to have moved away",
    "explained_deceased": "people found at the door to have died",
    "outstanding": "people who have still to be recorded, unexplained",
}

_DAY: Final = Column("day", "date", "the day the figures are true of, in WITA (UTC+8)")
_POSITION: Final = Column("position", "bigint", "place in the log up to which facts were known")
_VERSION: Final = Column("reading_version", "integer", "version of the rules by which facts were read")
_AREA: Final = (
    Column("area", "text", "code of the kelurahan, such as 53.71.01.1001; - where none is known"),
    Column("name", "text", "name of the kelurahan"),
    Column("kecamatan", "text", "code of the kecamatan, such as 53.71.01"),
    Column("kecamatan_name", "text", "name of the kecamatan"),
)
_FIGURES: Final = (
    *(Column(name, "bigint", _STANDING[name]) for name in STANDINGS),
    Column("official", "bigint", f"officially outstanding: {' + '.join(OFFICIAL)}"),
    Column("explained", "bigint", f"official, but explained at the door: {' + '.join(EXPLAINED)}"),
    Column("truly", "bigint", "truly outstanding: official - explained"),
)
_PERIOD: Final = (
    Column("from_day", "date", "the day of the opening; the period begins the day after it"),
    Column("to_day", "date", "the last day of the period, the day of the closing"),
)
_LIST: Final = Column("list", "text", "name of the list, as the centre declares it")

#: Type to its columns.
TYPES: Final[dict[str, tuple[Column, ...]]] = {
    "areas_row": _AREA,
    "counts_row": (_DAY, _POSITION, _VERSION, *_AREA, *_FIGURES),
    "flows_row": (
        *_PERIOD,
        Column("position", "bigint", "place in the log up to which facts were known, that of the closing"),
        _VERSION,
        Column("from_area", "text", "code of the kelurahan they came from; - where none is known"),
        Column("from_name", "text", "name of the kelurahan they came from"),
        Column("from_standing", "text", "where they stood before; nowhere: before their first fact"),
        Column("to_area", "text", "code of the kelurahan they went to; - where none is known"),
        Column("to_name", "text", "name of the kelurahan they went to"),
        Column("to_standing", "text", "where they stood afterwards"),
        Column("people", "bigint", "people who went this way in the period, each time they did"),
    ),
    "flow_balances_row": (
        *_PERIOD,
        Column("opening_position", "bigint", "place in the log up to which facts were known for the opening"),
        Column("closing_position", "bigint", "place in the log up to which facts were known for all the rest"),
        _VERSION,
        *_AREA,
        Column("standing", "text", "where people stand"),
        Column("opening", "bigint", "people who stood so on from_day, known at opening_position"),
        Column("restated", "bigint", "change of the opening by what became known up to closing_position"),
        Column("came", "bigint", "people who came to stand so in the period"),
        Column("went", "bigint", "people who ceased to stand so in the period"),
        Column("closing", "bigint", "people who stand so on to_day: opening + restated + came - went"),
    ),
    "list_reconciliation_row": (
        _LIST,
        _DAY,
        _POSITION,
        _VERSION,
        Column("list_declared", "bigint", "rows of the whole list, the same in each row; null: no live declaration"),
        Column("list_members", "bigint", "members of the whole list, the same in each row: the sum of all standings"),
        Column("list_residual", "bigint", "list_declared - list_members, the same in each row"),
        *_AREA,
        Column("declared", "bigint", "control total of the list for this kelurahan, by where its rows were listed"),
        *_FIGURES,
        Column("nowhere", "bigint", "members whose first fact comes after the day; their area is -"),
        Column("settled", "bigint", "members of whom an event has the last word: neither official nor outstanding"),
        Column("cleared", "bigint", "explained + settled; members = truly + cleared"),
    ),
    "recordings_row": (
        Column("day", "date", "the day of the recording, in WITA (UTC+8)"),
        _POSITION,
        _VERSION,
        *_AREA,
        Column("recorded", "bigint", "officially outstanding people who became recorded (perekaman) on the day"),
        Column("truly", "bigint", "of them, those who had been truly outstanding"),
    ),
    "lists_row": (
        _POSITION,
        _LIST,
        Column("kind", "text", "register: the whole population; unrecorded: those to be recorded; null: withdrawn"),
        Column("as_of", "date", "the day the list is declared of"),
        Column("declared", "bigint", "rows it is declared to have; null: no live declaration"),
        Column("members", "bigint", "residents named on it"),
        Column("residual", "bigint", "declared - members"),
    ),
    "anomalies_row": (
        _POSITION,
        Column("name", "text", "what contradicts each other, by the name the auditors' page explains"),
        Column("people", "bigint", "residents concerned; of a list's rows missing or too many, how many"),
        Column("lists", "bigint", "lists concerned, 0 where it is residents"),
        Column("cases", "bigint", "contradictions that stand; one resident may have several"),
    ),
    "status_row": (
        Column("today", "date", "today in WITA (UTC+8)"),
        Column("position", "bigint", "the end of the log"),
        Column("accepted", "timestamptz", "when the log last accepted a fact; null: never"),
        Column("counts", "bigint", "position of the view counts, which all figures come from"),
        Column("trail", "bigint", "position of the view trail, which anomalies come from"),
        Column("outstanding", "bigint", "position of the view outstanding, the lists by name"),
        _VERSION,
        Column("appended", "bigint", "messages from Kafka that became facts"),
        Column("duplicate", "bigint", "messages that had become facts before"),
        Column("conflict", "bigint", "messages with the name of a fact and other content"),
        Column("quarantined", "bigint", "messages that were parked"),
        Column("absent", "bigint", "offsets without a message"),
        Column("expired", "bigint", "offsets that the broker had dropped before they were read: an alarm"),
        Column("open_in_quarantine", "bigint", "parked messages that are still to be dealt with"),
    ),
}

#: View to the type of its rows, the function it shows, and its comment.
VIEWS: Final[dict[str, tuple[str, str, str]]] = {
    "counts_today": ("counts_row", "counts_on()", "Where everybody stands today, as known now."),
    "daily_recordings": (
        "recordings_row",
        "recordings()",
        "Who was officially outstanding and became recorded, day by day from the register's first, as known now.",
    ),
    "lists": ("lists_row", "lists_at()", "The lists ever heard of, in that order, as known now."),
    "anomalies": ("anomalies_row", "anomalies_at()", "Contradictions between facts that stand, by name."),
    "status": ("status_row", "status_now()", "How far everything is, in one row."),
}

#: Function, with the types of its arguments, to the type of its rows and its comment.
FUNCTIONS: Final[dict[str, tuple[str, str]]] = {
    "counts_on(date, bigint)": (
        "counts_row",
        "Where everybody stands on a day, a row a kelurahan. Null or left out: today; the last position.",
    ),
    "flows(date, date, bigint, bigint)": (
        "flows_row",
        "Who went where after from_day up to to_day, as known at closing_position, the last if null.",
    ),
    "flow_balances(date, date, bigint, bigint)": (
        "flow_balances_row",
        "opening + restated + came - went = closing, a row a kelurahan and standing.",
    ),
    "list_reconciliation(text, date, bigint)": (
        "list_reconciliation_row",
        "The members of a list by where they stand on a day, a row a kelurahan.",
    ),
    "recordings(date, date, bigint)": (
        "recordings_row",
        "Who was officially outstanding and became recorded, day by day, both days included.",
    ),
    "lists_at(bigint)": ("lists_row", "The lists heard of by a position, in that order."),
    "anomalies_at(bigint)": ("anomalies_row", "Contradictions that stand as known at a position, by name."),
    "status_now()": ("status_row", "How far everything is, in one row."),
}
