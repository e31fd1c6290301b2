-- The tables of the log and of what stands beside it. Created by events/database.py, in one transaction, as often as
-- one likes. Three schemas: `log` is append-only, `vault` holds what can be destroyed, `intake` accounts for Kafka. A
-- fourth, `watch`, holds nothing that does not follow from them, for those who look often.

CREATE SCHEMA IF NOT EXISTS log;
CREATE SCHEMA IF NOT EXISTS vault;
CREATE SCHEMA IF NOT EXISTS intake;
CREATE SCHEMA IF NOT EXISTS watch;

-- ---------------------------------------------------------------- log

-- One row: the writer's lock, and the source of gapless positions and of `accepted`, which never goes back.
CREATE TABLE IF NOT EXISTS log.head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    size     bigint      NOT NULL,
    accepted timestamptz NOT NULL,
    digest   bytea       NOT NULL
);
INSERT INTO log.head (size, accepted, digest)
VALUES (0, '1970-01-01T00:00:00Z', decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;

-- The columns carry the library's names, so that its notification log and tools read them: originator_id is the
-- subject, topic the event's type, notification_id the position, state the entry. digest and accepted are an index.
CREATE TABLE IF NOT EXISTS log.entry (
    originator_id      uuid   NOT NULL,
    originator_version bigint NOT NULL,
    topic              text,
    state              bytea STORAGE EXTERNAL,  -- sealed bytes do not compress
    notification_id    bigint NOT NULL,
    digest             bytea,
    accepted           timestamptz,
    PRIMARY KEY (originator_id, originator_version)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX IF NOT EXISTS entry_notification_id_idx ON log.entry (notification_id);

-- The library's tracking table: its process recorder writes here, Rekam itself does not.
CREATE TABLE IF NOT EXISTS log.tracking (
    application_name text   PRIMARY KEY,
    notification_id  bigint
);

-- Who owns an event's name. Only appending claims one. `key` is a keyed digest of source and id, `content` of what
-- makes two messages the same event.
CREATE TABLE IF NOT EXISTS log.claim (
    key      uuid   PRIMARY KEY,
    position bigint NOT NULL,
    subject  uuid   NOT NULL,
    type     text   NOT NULL,
    content  bytea  NOT NULL
);

-- ---------------------------------------------------------------- vault

-- Which keys this database was made with (public), so that another key is noticed before it does harm.
CREATE TABLE IF NOT EXISTS vault.fingerprint (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    value text NOT NULL
);

-- `mac` is a keyed digest of the NIK (or of a list's name), `wrapped` the subject's own key under the key-encryption key.
CREATE TABLE IF NOT EXISTS vault.person (
    mac     bytea PRIMARY KEY,
    subject uuid  NOT NULL UNIQUE,
    wrapped bytea NOT NULL
);

-- How often keys were destroyed: whoever remembers in which order people are met has to look at them again.
CREATE TABLE IF NOT EXISTS vault.destroyed (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    times bigint NOT NULL
);
INSERT INTO vault.destroyed (times) VALUES (0) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION vault.note_destroyed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE vault.destroyed SET times = times + 1;
    RETURN NULL;
END $$;
-- Only where it is not yet: making a trigger locks the table.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'destroyed' AND tgrelid = 'vault.person'::regclass) THEN
        CREATE TRIGGER destroyed AFTER DELETE OR TRUNCATE ON vault.person
            FOR EACH STATEMENT EXECUTE FUNCTION vault.note_destroyed();
    END IF;
END $$;

-- ---------------------------------------------------------------- intake

-- Every life of a topic under one name; the newest is the one that is read.
CREATE TABLE IF NOT EXISTS intake.incarnation (
    topic       text        NOT NULL,
    incarnation integer     NOT NULL,
    began       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, incarnation)
);

-- Where intake stands in a partition: `next` is the first offset not accounted for; the rest is the message read last,
-- by which a topic that was deleted and made again is recognised.
CREATE TABLE IF NOT EXISTS intake.cursor (
    topic          text    NOT NULL,
    incarnation    integer NOT NULL,
    partition      integer NOT NULL,
    next           bigint  NOT NULL,
    last_offset    bigint,
    last_timestamp bigint,
    last_digest    bytea,
    PRIMARY KEY (topic, incarnation, partition),
    FOREIGN KEY (topic, incarnation) REFERENCES intake.incarnation
) WITH (fillfactor = 50);

-- What became of every offset, as ranges with both ends included. Without overlap: `cursor.next` is moved by
-- compare-and-set in the same transaction.
CREATE TABLE IF NOT EXISTS intake.accounted (
    topic       text    NOT NULL,
    incarnation integer NOT NULL,
    partition   integer NOT NULL,
    first       bigint  NOT NULL,
    last        bigint  NOT NULL CHECK (last >= first),
    outcome     text    NOT NULL
        CHECK (outcome IN ('appended', 'duplicate', 'conflict', 'quarantined', 'absent', 'expired')),
    PRIMARY KEY (topic, incarnation, partition, first),
    FOREIGN KEY (topic, incarnation) REFERENCES intake.incarnation
);

-- Messages that did not become facts, sealed, whole up to 1 MiB. `waits_for` is the claim of a withdrawal's missing target.
CREATE TABLE IF NOT EXISTS intake.quarantine (
    number      bigint  PRIMARY KEY,
    topic       text    NOT NULL,
    incarnation integer NOT NULL,
    partition   integer NOT NULL,
    "offset"    bigint  NOT NULL,
    parked      timestamptz NOT NULL,
    outcome     text    NOT NULL CHECK (outcome IN ('quarantined', 'conflict')),
    code        text    NOT NULL,
    message     text    NOT NULL,
    source      text,
    id          text,
    type        text,
    position    bigint,            -- of the fact that a conflict stands against
    waits_for   uuid,
    sealed      bytea   NOT NULL,
    UNIQUE (topic, incarnation, partition, "offset")
);
CREATE INDEX IF NOT EXISTS quarantine_waits_for ON intake.quarantine (waits_for) WHERE waits_for IS NOT NULL;

-- What was done about a parked message, step by step; its own row is never changed. `refused` and `conflict` leave it
-- open, with the reason as its code; the others end it.
CREATE TABLE IF NOT EXISTS intake.resolution (
    number    bigint  NOT NULL REFERENCES intake.quarantine,
    step      integer NOT NULL,
    at        timestamptz NOT NULL,
    outcome   text NOT NULL CHECK (outcome IN ('appended', 'duplicate', 'dismissed', 'refused', 'conflict')),
    position  bigint,
    reason    text,
    message   text,
    waits_for uuid,             -- where only this step made it wait
    PRIMARY KEY (number, step)
);
CREATE INDEX IF NOT EXISTS resolution_waits_for ON intake.resolution (waits_for) WHERE waits_for IS NOT NULL;

-- Receipts of what did not simply append; those of appended messages are read from the log itself.
CREATE TABLE IF NOT EXISTS intake.receipt (
    number      bigint  PRIMARY KEY,
    topic       text    NOT NULL,
    incarnation integer NOT NULL,
    partition   integer NOT NULL,
    "offset"    bigint  NOT NULL,
    source      text,
    id          text,
    outcome     text    NOT NULL,
    position    bigint,
    reason      text
);

-- Gapless numbers for quarantine and receipts, given under the writer's lock, so that the relay can follow them.
CREATE TABLE IF NOT EXISTS intake.counter (
    name text   PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO intake.counter (name, last) VALUES ('quarantine', 0), ('receipt', 0) ON CONFLICT DO NOTHING;

-- How far the relay has passed each of its three sources on.
CREATE TABLE IF NOT EXISTS intake.relayed (
    topic text   PRIMARY KEY,
    last  bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO intake.relayed (topic, last)
VALUES ('rekam.log', 0), ('rekam.quarantine', 0), ('rekam.receipts', 0) ON CONFLICT DO NOTHING;

-- ---------------------------------------------------------------- watch

-- How many offsets of a topic came to each outcome, counted as intake.accounted is written.
CREATE TABLE IF NOT EXISTS watch.offsets (
    topic   text   NOT NULL,
    outcome text   NOT NULL,
    offsets bigint NOT NULL,
    PRIMARY KEY (topic, outcome)
) WITH (fillfactor = 50);

-- What is open in quarantine, under the code it has now.
CREATE TABLE IF NOT EXISTS watch.parked (
    number bigint      PRIMARY KEY,
    code   text        NOT NULL,
    parked timestamptz NOT NULL
);

-- Every source that ever said something that was appended: the positions of its first and last fact, and when it was last
-- heard. By `first`, those that were there before have their place before whoever makes up names.
CREATE TABLE IF NOT EXISTS watch.source (
    source   text        COLLATE "C" PRIMARY KEY,
    first    bigint      NOT NULL,
    last     bigint      NOT NULL,
    accepted timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS source_first ON watch.source (first, source);

-- Where Kafka said that a partition ends, and when intake asked.
CREATE TABLE IF NOT EXISTS watch.partition (
    topic       text        NOT NULL,
    partition   integer     NOT NULL,
    incarnation integer     NOT NULL,
    "end"       bigint      NOT NULL,
    looked      timestamptz NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- The trace context of entries on their way to the relay, where tracing is on.
CREATE TABLE IF NOT EXISTS watch.trace (
    position bigint PRIMARY KEY,
    parent   text   NOT NULL
);

-- Who said an entry; NULL for bytes that do not tell, which are for `rekam audit check` to name.
CREATE OR REPLACE FUNCTION watch.said_by(state bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_from(state, 'UTF8')::json ->> 'source';
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- Counts anew what is counted here in passing, from what it follows from. For the owner of the tables; intake waits.
CREATE OR REPLACE PROCEDURE watch.count_anew()
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM log.head FOR UPDATE;
    DELETE FROM watch.offsets;
    INSERT INTO watch.offsets (topic, outcome, offsets)
    SELECT topic, outcome, sum(last - first + 1) FROM intake.accounted GROUP BY topic, outcome;
    DELETE FROM watch.parked;
    INSERT INTO watch.parked (number, code, parked)
    SELECT number, coalesce((SELECT reason FROM intake.resolution r WHERE r.number = q.number
                             ORDER BY step DESC LIMIT 1), code), parked
    FROM intake.quarantine q
    WHERE NOT EXISTS (SELECT FROM intake.resolution r WHERE r.number = q.number
                      AND r.outcome IN ('appended', 'duplicate', 'dismissed'));
    DELETE FROM watch.source;
    INSERT INTO watch.source (source, first, last, accepted)
    SELECT source, min(position), max(position), max(accepted)
    FROM (SELECT watch.said_by(state) AS source, notification_id AS position, accepted FROM log.entry) AS said
    WHERE source IS NOT NULL GROUP BY source;
END $$;

-- In a register that is older than this, or whose counts somebody took away.
DO $$
BEGIN
    IF (NOT EXISTS (SELECT FROM watch.offsets) AND EXISTS (SELECT FROM intake.accounted))
        OR (NOT EXISTS (SELECT FROM watch.source) AND EXISTS (SELECT FROM log.entry)) THEN
        CALL watch.count_anew();
    END IF;
END $$;

-- ---------------------------------------------------------------- who may do what

-- Whether a subject is a list: its facts are no person's, so whoever may see any person's may see these.
CREATE OR REPLACE FUNCTION log.is_list(one uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM log.entry WHERE originator_id = one AND topic = 'rekam.listing.list_declared.v1')
$$;
REVOKE ALL ON FUNCTION log.is_list(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.is_list(uuid) TO rekam_as_officer;

-- The vault belongs to a role of its own. Only where it does not yet: changing an owner locks the table.
DO $$
DECLARE one text;
BEGIN
    IF (SELECT nspowner FROM pg_namespace WHERE nspname = 'vault') <> 'rekam_vault'::regrole THEN
        ALTER SCHEMA vault OWNER TO rekam_vault;
        FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'vault' LOOP
            EXECUTE format('ALTER TABLE vault.%I OWNER TO rekam_vault', one);
        END LOOP;
    END IF;
END $$;

GRANT USAGE ON SCHEMA log TO rekam_intake, rekam_relay, rekam_projector, rekam_reader;
GRANT USAGE ON SCHEMA vault TO rekam_intake, rekam_projector, rekam_reader;
GRANT USAGE ON SCHEMA intake TO rekam_intake, rekam_relay, rekam_reader;

GRANT SELECT, UPDATE ON log.head TO rekam_intake;
GRANT SELECT, INSERT ON log.entry, log.claim TO rekam_intake;
GRANT SELECT ON log.head, log.entry TO rekam_relay, rekam_projector, rekam_reader;
GRANT SELECT ON log.claim TO rekam_reader;  -- for `rekam audit check`

GRANT SELECT, INSERT ON vault.fingerprint, vault.person TO rekam_intake;
GRANT SELECT ON vault.fingerprint, vault.person TO rekam_projector, rekam_reader;
GRANT SELECT ON vault.destroyed TO rekam_reader;

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA intake TO rekam_intake;
GRANT UPDATE ON intake.cursor, intake.counter TO rekam_intake;
GRANT SELECT ON ALL TABLES IN SCHEMA intake TO rekam_relay, rekam_reader;
GRANT UPDATE ON intake.relayed TO rekam_relay;

GRANT USAGE ON SCHEMA watch TO rekam_intake, rekam_relay, rekam_reader;
GRANT SELECT, INSERT, UPDATE ON watch.offsets, watch.parked, watch.source, watch.partition TO rekam_intake;
GRANT DELETE ON watch.parked TO rekam_intake;
GRANT INSERT ON watch.trace TO rekam_intake;
GRANT SELECT, DELETE ON watch.trace TO rekam_relay;
GRANT SELECT ON ALL TABLES IN SCHEMA watch TO rekam_reader;

-- Of the log, everybody who asks sees how far it is and when a position was accepted, which says nothing about anybody.
GRANT USAGE ON SCHEMA log
TO rekam_as_reporting, rekam_as_officer, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON log.head
TO rekam_as_reporting, rekam_as_officer, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT (notification_id, accepted) ON log.entry
TO rekam_as_reporting, rekam_as_officer, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON log.entry TO rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON log.claim TO rekam_as_auditor;

GRANT USAGE ON SCHEMA intake TO rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA intake TO rekam_as_auditor, rekam_as_operator;
-- A supervisor sees how much was accounted for and is parked, not what.
GRANT USAGE ON SCHEMA intake TO rekam_as_supervisor;
GRANT SELECT ON intake.accounted, intake.relayed, intake.resolution TO rekam_as_supervisor;
GRANT SELECT (number, code, outcome) ON intake.quarantine TO rekam_as_supervisor;
-- What is watched names nobody; what waits for the relay is nobody's to see.
GRANT USAGE ON SCHEMA watch TO rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON watch.offsets, watch.parked, watch.source, watch.partition
TO rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;

-- Views are schemas, which a projector makes. Nobody needs tables of their own, least of all who may only ask.
DO $$
BEGIN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO rekam_projector', current_database());
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END $$;

-- Whom an officer sees: whose postings, as known at any position, ever went to or from one of the accounts that the
-- setting `rekam.accounts` of the transaction names. It reads with the rights of `rekam_reader`, so that row security of
-- the postings can ask it too. A rebuild swaps the view's schema, so its table is looked up when this runs. The plan is
-- kept: planning takes longer than asking.
GRANT CREATE ON SCHEMA log TO rekam_reader;
SET LOCAL ROLE rekam_reader;
CREATE OR REPLACE FUNCTION log.sees(person uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    accounts smallint[] := nullif(current_setting('rekam.accounts', true), '')::smallint[];
BEGIN
    RETURN EXISTS (SELECT FROM outstanding.posting
                   WHERE subject = person AND (to_account = ANY (accounts) OR from_account = ANY (accounts)));
END $$;
REVOKE ALL ON FUNCTION log.sees(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.sees(uuid) TO rekam_as_officer;
RESET ROLE;
REVOKE CREATE ON SCHEMA log FROM rekam_reader;
