-- Who may see what, and who has looked. Made by tables.py beside this file, in one transaction, when it has changed; so
-- everything here can be run again. It belongs to the address's own user; `rekam_access` writes it, and nobody else.

CREATE SCHEMA IF NOT EXISTS access;

-- ---------------------------------------------------------------- users and how they sign in

-- A name is given once and for ever: who has read what is written down by it. `password` is an Argon2 hash; without one
-- nobody signs in by password. `subject` is who they are at the office's sign-on.
CREATE TABLE IF NOT EXISTS access.user (
    name     text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9._-]{1,64}$'),
    role     text NOT NULL CHECK (role IN ('reporting', 'officer', 'supervisor', 'auditor', 'operator')),
    areas    text[] NOT NULL CHECK ((role = 'officer') = (areas <> '{}')),
    password text,
    subject  text COLLATE "C" UNIQUE,
    added    timestamptz NOT NULL DEFAULT now(),
    disabled timestamptz
);

-- `digest` is SHA-256 of what stands in the cookie, so that who reads this table cannot sign in by it.
CREATE TABLE IF NOT EXISTS access.session (
    digest bytea PRIMARY KEY,
    name   text COLLATE "C" NOT NULL REFERENCES access.user,
    began  timestamptz NOT NULL,
    used   timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS session_name ON access.session (name);

CREATE TABLE IF NOT EXISTS access.token (
    jti     uuid PRIMARY KEY,
    name    text COLLATE "C" NOT NULL REFERENCES access.user,
    issued  timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    revoked timestamptz
);

-- ---------------------------------------------------------------- who has looked

-- Every reading of personal data, written down before anything is shown. Only ever added to; nothing personal is in
-- `question`, and no NIK: `subject` is random.
CREATE TABLE IF NOT EXISTS access.reading (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    who      text COLLATE "C" NOT NULL,
    role     text NOT NULL,
    action   text NOT NULL CHECK (action IN (
        'list', 'resident', 'find', 'trail', 'explain', 'export', 'print', 'log', 'readings', 'history', 'anomalies')),
    purpose  text CHECK (purpose IN ('home_visit', 'recording_session', 'correction', 'data_request', 'supervision')),
    question jsonb NOT NULL
        CHECK (regexp_replace(question::text, '"subject": "[0-9a-f]{32}"', '', 'g') !~ '[0-9]{16}'),
    people   integer NOT NULL CHECK (people >= 0),
    position bigint NOT NULL CHECK (position >= 0)
);
CREATE INDEX IF NOT EXISTS reading_who ON access.reading (who, number);

-- Whom a reading has shown; of an export that is broken off, those who were in what was sent. No reference, which would
-- be looked up once for each of 30,000 people.
CREATE TABLE IF NOT EXISTS access.seen (
    subject uuid   NOT NULL,
    reading bigint NOT NULL,
    PRIMARY KEY (subject, reading)
);

-- What is done about an anomaly, step by step; the last one of a subject and a name holds.
CREATE TABLE IF NOT EXISTS access.follow_up (
    number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject uuid NOT NULL,
    name    text COLLATE "C" NOT NULL,
    state   text NOT NULL CHECK (state IN ('open', 'in_work', 'explained', 'corrected')),
    note    text NOT NULL CHECK (length(note) BETWEEN 1 AND 500 AND note !~ '[0-9]{16}'),
    who     text COLLATE "C" NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS follow_up_subject ON access.follow_up (subject, name, number);

-- What `rekam audit check` said, whenever it was run from the screens.
CREATE TABLE IF NOT EXISTS access.checked (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    who      text COLLATE "C" NOT NULL,
    document jsonb NOT NULL
);

CREATE OR REPLACE FUNCTION access.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is only ever added to', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access.reading
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse();
CREATE OR REPLACE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access.seen
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse();
CREATE OR REPLACE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access.follow_up
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse();
CREATE OR REPLACE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON access.checked
    FOR EACH STATEMENT EXECUTE FUNCTION access.refuse();

-- Also where a superuser's session says that it only replicates.
ALTER TABLE access.reading ENABLE ALWAYS TRIGGER only_added_to;
ALTER TABLE access.seen ENABLE ALWAYS TRIGGER only_added_to;
ALTER TABLE access.follow_up ENABLE ALWAYS TRIGGER only_added_to;
ALTER TABLE access.checked ENABLE ALWAYS TRIGGER only_added_to;

-- ---------------------------------------------------------------- whom an officer sees

ALTER TABLE vault.person ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS all_of_it ON vault.person;
CREATE POLICY all_of_it ON vault.person
    TO rekam_intake, rekam_projector, rekam_reader, rekam_as_supervisor, rekam_as_auditor
    USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS of_their_area ON vault.person;
CREATE POLICY of_their_area ON vault.person FOR SELECT TO rekam_as_officer USING (log.sees(subject));

ALTER TABLE access.follow_up ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS all_of_it ON access.follow_up;
CREATE POLICY all_of_it ON access.follow_up
    TO rekam_access, rekam_as_supervisor, rekam_as_auditor USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS of_their_area ON access.follow_up;
CREATE POLICY of_their_area ON access.follow_up FOR SELECT TO rekam_as_officer USING (log.sees(subject));

-- ---------------------------------------------------------------- who may do what

GRANT USAGE ON SCHEMA vault TO rekam_as_officer, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON vault.fingerprint TO rekam_as_officer, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator;
GRANT SELECT ON vault.person, vault.destroyed TO rekam_as_officer, rekam_as_supervisor, rekam_as_auditor;

GRANT USAGE ON SCHEMA access TO rekam_access, rekam_as_officer, rekam_as_supervisor, rekam_as_auditor;
GRANT SELECT, INSERT ON access.user, access.token TO rekam_access;
GRANT UPDATE (password, disabled) ON access.user TO rekam_access;
GRANT UPDATE (revoked) ON access.token TO rekam_access;
GRANT SELECT, INSERT, DELETE ON access.session TO rekam_access;
GRANT UPDATE (used) ON access.session TO rekam_access;
GRANT SELECT ON access.reading, access.seen, access.follow_up, access.checked TO rekam_access;
-- When it was is the database's to say, and nobody's who writes.
REVOKE INSERT ON access.reading, access.follow_up, access.checked FROM rekam_access;
GRANT INSERT (who, role, action, purpose, question, people, position) ON access.reading TO rekam_access;
GRANT INSERT (subject, name, state, note, who) ON access.follow_up TO rekam_access;
GRANT INSERT (who, document) ON access.checked TO rekam_access;
GRANT INSERT ON access.seen TO rekam_access;
GRANT SELECT ON access.reading, access.seen TO rekam_as_auditor, rekam_as_supervisor;
GRANT SELECT ON access.follow_up TO rekam_as_officer, rekam_as_supervisor, rekam_as_auditor;
