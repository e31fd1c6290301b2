-- The trail: every fact by whom it is about, and which contradictions came and went with it; what it changed is in the
-- view's ledger. Nothing personal is here. Rows are only ever added: an answer as known at a position is made of the
-- rows up to it.

CREATE TABLE IF NOT EXISTS fact (
    position         bigint NOT NULL,
    subject          uuid   NOT NULL,
    type             text   COLLATE "C" NOT NULL,
    source           text   COLLATE "C" NOT NULL,
    id               text   COLLATE "C" NOT NULL,
    valid_on         date,                         -- null for a withdrawal, which has no day
    recordedtime     text   COLLATE "C" NOT NULL,  -- both instants as the log has them, so that they can be compared
    accepted         text   COLLATE "C" NOT NULL,
    withdraws_source text   COLLATE "C",           -- both null unless it is a withdrawal
    withdraws_id     text   COLLATE "C",
    -- And no index on the position alone: without statistics the planner combined the two, 200 times slower.
    PRIMARY KEY (subject, position)
);
CREATE INDEX IF NOT EXISTS fact_declared ON fact (valid_on) WHERE type = 'rekam.listing.list_declared.v1';

-- +1 where an anomaly appeared, -1 where it went; refs is [[source, id], ...] of the facts that contradict each other.
CREATE TABLE IF NOT EXISTS anomaly (
    position bigint   NOT NULL,
    subject  uuid     NOT NULL,
    name     text     COLLATE "C" NOT NULL,
    refs     text     COLLATE "C" NOT NULL,
    people   smallint NOT NULL
);
CREATE INDEX IF NOT EXISTS anomaly_subject ON anomaly (subject);

CREATE INDEX IF NOT EXISTS posting_subject ON posting (subject);
