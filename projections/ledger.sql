-- The ledger of people by name, as the views `trail` and `outstanding` each keep it.

-- Numbers are given by projections/accounts.py, which knows them all; a view made with other numbers fails here on the
-- unique key, and has to be rebuilt.
CREATE TABLE IF NOT EXISTS account (
    number   smallint PRIMARY KEY,
    area     text     COLLATE "C" NOT NULL,
    standing text     COLLATE "C" NOT NULL,
    UNIQUE (area, standing)
);

-- On valid_on the subject goes from one account to the other: +1 for a transfer that is new, -1 for one that no longer
-- holds. position is that of the fact that says so. Rows are only ever added.
CREATE TABLE IF NOT EXISTS posting (
    position     bigint   NOT NULL,
    subject      uuid     NOT NULL,
    valid_on     date     NOT NULL,
    from_account smallint NOT NULL,
    to_account   smallint NOT NULL,
    people       smallint NOT NULL
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);  -- what is not yet known to be visible is read from the table
-- With all that a question about an account reads, which from the table itself took three times as long.
CREATE INDEX IF NOT EXISTS posting_into ON posting (to_account)
    INCLUDE (subject, valid_on, position, people, from_account);
CREATE INDEX IF NOT EXISTS posting_out_of ON posting (from_account)
    INCLUDE (subject, valid_on, position, people, to_account);
DROP INDEX IF EXISTS posting_from_account, posting_to_account;
