-- The view `counts`: the double-entry ledger of people, the lists, and the captures. Names are unqualified: the search path says
-- whether this is the view in use or one that is being rebuilt. Nothing in it is personal: subjects are random.

-- 0 is `nowhere`; the numbers are fixed by projections/accounts.py, which also writes the rows. Where a number's account
-- has changed, the unique key fails: such a view must be rebuilt.
CREATE TABLE IF NOT EXISTS account (
    number   smallint PRIMARY KEY,
    area     text NOT NULL,
    standing text NOT NULL,
    UNIQUE (area, standing)
);

-- One row a posting, only ever added: on valid_on, `people` (+1, or -1 where a transfer no longer holds) go from one
-- account to the other; position is that of the fact that says so. The columns are in order of width, without holes.
CREATE TABLE IF NOT EXISTS posting (
    position     bigint   NOT NULL,
    subject      uuid     NOT NULL,
    valid_on     date     NOT NULL,
    from_account smallint NOT NULL,
    to_account   smallint NOT NULL,
    people       smallint NOT NULL
);
CREATE INDEX IF NOT EXISTS posting_position_idx ON posting (position);
CREATE INDEX IF NOT EXISTS posting_subject_idx ON posting (subject);
CREATE INDEX IF NOT EXISTS posting_from_account_idx ON posting (from_account);
CREATE INDEX IF NOT EXISTS posting_to_account_idx ON posting (to_account);

-- The postings of a complete block (block = position / 16384, rounded down), summed; sums of 0 are left out.
CREATE TABLE IF NOT EXISTS cell (
    valid_on     date     NOT NULL,
    block        integer  NOT NULL,
    from_account smallint NOT NULL,
    to_account   smallint NOT NULL,
    people       integer  NOT NULL
);
CREATE INDEX IF NOT EXISTS cell_valid_on_idx ON cell (valid_on, block);

-- What every account holds (balances[number + 1]) at the end of the month that begins on `month`, as known at the end of
-- `block`. There is a row for a month only where some posting up to then falls in it: a month without one has the
-- balances of the last month before it that has.
CREATE TABLE IF NOT EXISTS month_end (
    block    integer  NOT NULL,
    month    date     NOT NULL,
    balances bigint[] NOT NULL,
    PRIMARY KEY (block, month)
);

-- What went from account to account within a month, as known at the end of `block`: from_accounts[n] to to_accounts[n],
-- people[n]. There is a row only where the block has moved something in that month: a month has the flows of its last
-- block that has one.
CREATE TABLE IF NOT EXISTS month_flow (
    month         date       NOT NULL,
    block         integer    NOT NULL,
    from_accounts smallint[] NOT NULL,
    to_accounts   smallint[] NOT NULL,
    people        integer[]  NOT NULL,
    PRIMARY KEY (month, block)
);

-- By how many a day has changed the explained and the truly outstanding of the whole register, how many of either became
-- recorded on it, and of them the truly outstanding; all as known at the end of `block`. There is a row only where the
-- block has changed one of these: a day is what its last block that has one says.
CREATE TABLE IF NOT EXISTS day_change (
    day            date    NOT NULL,
    block          integer NOT NULL,
    explained      integer NOT NULL,
    truly          integer NOT NULL,
    recorded       integer NOT NULL,
    recorded_truly integer NOT NULL,
    PRIMARY KEY (day, block)
);

-- Every list that was ever declared, or had a resident named on it, in the order in which they were first heard of.
-- A name has up to 2,000 characters, which is more than a B-tree takes.
CREATE TABLE IF NOT EXISTS list (
    number   integer PRIMARY KEY,
    name     text    NOT NULL,
    position bigint  NOT NULL,
    EXCLUDE USING hash (name WITH =)
);

-- Live as known at P: position <= P, and not withdrawn or withdrawn > P. Of two withdrawals of one fact the first counts.
CREATE TABLE IF NOT EXISTS declaration (
    position          bigint  PRIMARY KEY,
    list              integer NOT NULL,
    subject           uuid    NOT NULL,
    register          boolean NOT NULL,
    as_of             date    NOT NULL,
    rows              bigint  NOT NULL,
    rows_by_kelurahan jsonb   NOT NULL,
    recordedtime      text    NOT NULL,
    source            text    NOT NULL,
    id                text    NOT NULL,
    withdrawn         bigint
);
CREATE INDEX IF NOT EXISTS declaration_list_idx ON declaration (list);
CREATE INDEX IF NOT EXISTS declaration_subject_idx ON declaration (subject);

-- A resident is named on a list; the same rule for what is live.
CREATE TABLE IF NOT EXISTS listing (
    position  bigint  NOT NULL,
    list      integer NOT NULL,
    subject   uuid    NOT NULL,
    source    text    NOT NULL,
    id        text    NOT NULL,
    withdrawn bigint
);
CREATE INDEX IF NOT EXISTS listing_list_idx ON listing (list);
CREATE INDEX IF NOT EXISTS listing_subject_idx ON listing (subject);
CREATE INDEX IF NOT EXISTS listing_position_idx ON listing (position);
CREATE INDEX IF NOT EXISTS listing_withdrawn_idx ON listing (withdrawn) WHERE withdrawn IS NOT NULL;

-- Somebody's fingerprints, iris and portrait were taken: where, and at which session if it had a name; the same rule for
-- what is live. Of several on one day the last by (recordedtime, source, id) says where somebody became recorded.
CREATE TABLE IF NOT EXISTS capture (
    position     bigint NOT NULL,
    subject      uuid   NOT NULL,
    captured_on  date   NOT NULL,
    place        text   NOT NULL,
    session      text,
    recordedtime text   NOT NULL,
    source       text   NOT NULL,
    id           text   NOT NULL,
    withdrawn    bigint
);
CREATE INDEX IF NOT EXISTS capture_captured_on_idx ON capture (captured_on);
CREATE INDEX IF NOT EXISTS capture_subject_idx ON capture (subject);
