-- What a by-name list is made of. Names, addresses and birth dates stay sealed as the log has them, each with what its
-- associated data needs, and are opened when a list is read. Rows are only ever added; a list as known at a position is
-- made of the rows up to it. Who stands where is in the view's ledger. No table has an index on the position alone:
-- without statistics the planner combined it with the subject's, 200 times slower. What came since a position is found by
-- `position + 0`, which nothing else asks for.

-- Listings, and arrivals of newcomers (without a list).
CREATE TABLE IF NOT EXISTS particulars (
    position     bigint NOT NULL,
    subject      uuid   NOT NULL,
    type         text   COLLATE "C" NOT NULL,
    source       text   COLLATE "C" NOT NULL,
    id           text   COLLATE "C" NOT NULL,
    valid_on     date   NOT NULL,
    recordedtime text   COLLATE "C" NOT NULL,
    list         text   COLLATE "C",
    sex          text   COLLATE "C" NOT NULL,
    person       bytea  NOT NULL,
    calendar     bytea  NOT NULL,
    PRIMARY KEY (subject, position)
);
-- A name has up to 2,000 characters, which is more than a B-tree takes.
CREATE INDEX IF NOT EXISTS particulars_list ON particulars (left(list, 200)) WHERE list IS NOT NULL;

-- Captures, statuses and findings; word is the status or the outcome, null for a capture.
CREATE TABLE IF NOT EXISTS sign (
    position     bigint NOT NULL,
    subject      uuid   NOT NULL,
    type         text   COLLATE "C" NOT NULL,
    source       text   COLLATE "C" NOT NULL,
    id           text   COLLATE "C" NOT NULL,
    valid_on     date   NOT NULL,
    recordedtime text   COLLATE "C" NOT NULL,
    word         text   COLLATE "C",
    PRIMARY KEY (subject, position)
);

-- The first fact about a person, where it came without particulars: it holds the NIK of those who were on no list yet.
CREATE TABLE IF NOT EXISTS identity (
    subject  uuid   PRIMARY KEY,
    position bigint NOT NULL,
    type     text   COLLATE "C" NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL,
    person   bytea  NOT NULL
);

CREATE TABLE IF NOT EXISTS declaration (
    position bigint NOT NULL,
    subject  uuid   NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL,
    list     text   COLLATE "C" NOT NULL,
    as_of    date   NOT NULL,
    PRIMARY KEY (subject, position)
);

-- source and id are those of the fact that is withdrawn; subject is its subject.
CREATE TABLE IF NOT EXISTS withdrawal (
    position bigint NOT NULL,
    subject  uuid   NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    id       text   COLLATE "C" NOT NULL,
    PRIMARY KEY (subject, position)
);

CREATE INDEX IF NOT EXISTS posting_since ON posting ((position + 0));
CREATE INDEX IF NOT EXISTS particulars_since ON particulars ((position + 0));
CREATE INDEX IF NOT EXISTS withdrawal_since ON withdrawal ((position + 0));

-- By whose postings an officer is shown the rows of their area alone.
CREATE INDEX IF NOT EXISTS posting_subject ON posting (subject);
