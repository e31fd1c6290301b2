-- What a by-name list is made of. Names, addresses and birth dates stay sealed as the log has them, each with what its
-- associated data needs, and are opened when a list is read. Rows are only ever added; a list as known at a position is
-- made of the rows up to it. Who stands where is in the view's ledger.

-- Listings, and arrivals of newcomers (without a list).
CREATE TABLE IF NOT EXISTS particulars (
    position     bigint PRIMARY KEY,
    subject      uuid   NOT NULL,
    type         text   COLLATE "C" NOT NULL,
    source       text   COLLATE "C" NOT NULL,
    id           text   COLLATE "C" NOT NULL,
    valid_on     date   NOT NULL,
    recordedtime text   COLLATE "C" NOT NULL,
    list         text   COLLATE "C",
    sex          text   COLLATE "C" NOT NULL,
    person       bytea  NOT NULL,
    calendar     bytea  NOT NULL
);
CREATE INDEX IF NOT EXISTS particulars_subject ON particulars (subject);
-- A name has up to 2,000 characters, which is more than a B-tree takes.
CREATE INDEX IF NOT EXISTS particulars_list ON particulars (left(list, 200)) WHERE list IS NOT NULL;

-- Captures, statuses and findings; word is the status or the outcome, null for a capture.
CREATE TABLE IF NOT EXISTS sign (
    position     bigint PRIMARY KEY,
    subject      uuid   NOT NULL,
    type         text   COLLATE "C" NOT NULL,
    source       text   COLLATE "C" NOT NULL,
    id           text   COLLATE "C" NOT NULL,
    valid_on     date   NOT NULL,
    recordedtime text   COLLATE "C" NOT NULL,
    word         text   COLLATE "C"
);
CREATE INDEX IF NOT EXISTS sign_subject ON sign (subject);

-- The first fact without particulars about each person: it holds the NIK of those who never were on a list.
CREATE TABLE IF NOT EXISTS identity (
    subject  uuid   PRIMARY KEY,
    position bigint NOT NULL,
    type     text   COLLATE "C" NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL,
    person   bytea  NOT NULL
);

CREATE TABLE IF NOT EXISTS declaration (
    position bigint PRIMARY KEY,
    subject  uuid   NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL,
    list     text   COLLATE "C" NOT NULL,
    as_of    date   NOT NULL
);

-- source and id are those of the fact that is withdrawn; subject is its subject.
CREATE TABLE IF NOT EXISTS withdrawal (
    position bigint PRIMARY KEY,
    subject  uuid   NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS withdrawal_subject ON withdrawal (subject);
