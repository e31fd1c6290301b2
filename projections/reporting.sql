-- The functions of the schema `reporting`, owned by `rekam_reader`. projections/reporting.py fills in what stands in
-- braces, makes the types they return and the views over them, and says who may call what. A rebuild swaps a view's
-- whole schema, so nothing here may depend on its tables: the bodies are texts, whose names are looked up when they run,
-- and the views are over functions alone. Whoever reads a view begins with its `position`, whose lock keeps it in place
-- until the transaction ends. All are STABLE: they write nothing, and see the snapshot of the statement that calls.
-- Down to `today`, functions that only the others call. The position asked about; null is the last one reached.
CREATE OR REPLACE FUNCTION reporting.known_at(wanted bigint, reached bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF wanted > reached THEN
        RAISE EXCEPTION 'position % is ahead of what is projected, % (the log ends at %): wait, or ask about an earlier one',
            wanted, reached, (SELECT size FROM log.head) USING ERRCODE = 'no_data_found';
    END IF;
    RETURN coalesce(wanted, reached);
END $$;

-- The position asked about of the view counts; refuses one of another shape than these functions read.
CREATE OR REPLACE FUNCTION reporting.known_to_counts(wanted bigint) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM counts.position WHERE shape <> {shape}) THEN
        RAISE EXCEPTION 'the view counts was made in another shape: run `rekam rebuild counts --accept`';
    END IF;
    RETURN reporting.known_at(wanted, coalesce((SELECT p.position FROM counts.position AS p), 0));
END $$;

-- The day asked about; null is today. A day without end is none.
CREATE OR REPLACE FUNCTION reporting.day_of(wanted date) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT isfinite(wanted) THEN
        RAISE EXCEPTION '% is no day; write it like 2018-11-23', wanted USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce(wanted, reporting.today());
END $$;

-- Refuses a day before the register's first; the first day.
CREATE OR REPLACE FUNCTION reporting.first_day(day date, known bigint) RETURNS date
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    day   date   := $1;
    known bigint := $2;
    first date   := ({first_day});
BEGIN
    IF asked.first IS NULL THEN
        RAISE EXCEPTION 'no list is declared at position %, so the register has no first day: declare a list',
            asked.known USING ERRCODE = 'no_data_found';
    ELSIF asked.day < asked.first THEN
        RAISE EXCEPTION '% is before the register''s first day, % at position %: ask about a later day',
            to_char(asked.day, 'YYYY-MM-DD'), to_char(asked.first, 'YYYY-MM-DD'), asked.known
            USING ERRCODE = 'no_data_found';
    END IF;
    RETURN asked.first;
END $$;

-- The first of the first month that begins on the day or later.
CREATE OR REPLACE FUNCTION reporting.month_from(day date) RETURNS date
LANGUAGE sql IMMUTABLE RETURN (date_trunc('month', (day - 1)::timestamp) + interval '1 month')::date;

-- The balances of all accounts, from month ends, cells and the open block's postings.
CREATE OR REPLACE FUNCTION reporting.balances(day date, known bigint) RETURNS TABLE (account bigint, people bigint)
LANGUAGE plpgsql STABLE ROWS 500 AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    day      date    := $1;
    first    date    := CASE WHEN extract(day FROM $1) <= 15 THEN date_trunc('month', $1::timestamp)
                             ELSE reporting.month_from($1) END;
    known    bigint  := $2;
    complete integer := ($2 + 1) / {block};
    open     bigint  := ($2 + 1) / {block} * {block};
BEGIN
    RETURN QUERY {balances};
END $$;

-- The sums of a period, account to account.
CREATE OR REPLACE FUNCTION reporting.flowed(after date, until date, known bigint)
RETURNS TABLE (from_account smallint, to_account smallint, people bigint) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    after    date    := $1;
    until    date    := $2;
    first    date    := reporting.month_from($1 + 1);
    last     date    := greatest(first, date_trunc('month', ($2 + 1)::timestamp));
    known    bigint  := $3;
    complete integer := ($3 + 1) / {block};
    open     bigint  := ($3 + 1) / {block} * {block};
BEGIN
    RETURN QUERY {flows};
END $$;

-- Refuses a period as `rekam flows` does.
CREATE OR REPLACE FUNCTION reporting.check_period(from_day date, to_day date, known bigint, known_then bigint)
RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF to_day < from_day OR known_then < known THEN
        RAISE EXCEPTION 'a period ends after it begins: % to %, known at %, then at %',
            to_char(from_day, 'YYYY-MM-DD'), to_char(to_day, 'YYYY-MM-DD'), known, known_then
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM reporting.first_day(from_day, known), reporting.first_day(from_day, known_then);
END $$;

-- From here on, what `rekam_reporting` calls.
CREATE OR REPLACE FUNCTION reporting.today() RETURNS date
LANGUAGE sql STABLE RETURN (statement_timestamp() AT TIME ZONE interval '8 hours')::date;

CREATE OR REPLACE FUNCTION reporting.counts_on(day date DEFAULT NULL, "position" bigint DEFAULT NULL)
RETURNS SETOF reporting.counts_row
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 52 {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    day   date   := reporting.day_of($1);
    known bigint := reporting.known_to_counts($2);
BEGIN
    PERFORM reporting.first_day(asked.day, asked.known);
    RETURN QUERY
    SELECT asked.day, asked.known, (SELECT reading_version FROM counts.position),
        area, name, kecamatan, kecamatan_name, {figures}
    FROM reporting.balances(asked.day, asked.known) AS held
    JOIN counts.account ON number = held.account
    JOIN reporting.areas USING (area)
    WHERE standing <> 'nowhere'
    GROUP BY area, name, kecamatan, kecamatan_name
    ORDER BY area = '-', area COLLATE "C";
END $$;

CREATE OR REPLACE FUNCTION reporting.flows(
    from_day date, to_day date, opening_position bigint DEFAULT NULL, closing_position bigint DEFAULT NULL
) RETURNS SETOF reporting.flows_row
LANGUAGE plpgsql STABLE SECURITY DEFINER {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    from_day date   := reporting.day_of($1);
    to_day   date   := reporting.day_of($2);
    known    bigint := reporting.known_to_counts($3);
    closing  bigint := reporting.known_to_counts($4);
BEGIN
    PERFORM reporting.check_period(asked.from_day, asked.to_day, asked.known, asked.closing);
    RETURN QUERY
    SELECT asked.from_day, asked.to_day, asked.closing, (SELECT reading_version FROM counts.position),
        f.area, fa.name, f.standing, t.area, ta.name, t.standing, people
    FROM reporting.flowed(asked.from_day, asked.to_day, asked.closing)
    JOIN counts.account AS f ON f.number = from_account JOIN reporting.areas AS fa ON fa.area = f.area
    JOIN counts.account AS t ON t.number = to_account JOIN reporting.areas AS ta ON ta.area = t.area
    ORDER BY f.area COLLATE "C", f.standing COLLATE "C", t.area COLLATE "C", t.standing COLLATE "C";
END $$;

CREATE OR REPLACE FUNCTION reporting.flow_balances(
    from_day date, to_day date, opening_position bigint DEFAULT NULL, closing_position bigint DEFAULT NULL
) RETURNS SETOF reporting.flow_balances_row
LANGUAGE plpgsql STABLE SECURITY DEFINER {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    from_day date   := reporting.day_of($1);
    to_day   date   := reporting.day_of($2);
    known    bigint := reporting.known_to_counts($3);
    closing  bigint := reporting.known_to_counts($4);
BEGIN
    PERFORM reporting.check_period(asked.from_day, asked.to_day, asked.known, asked.closing);
    RETURN QUERY
    WITH flowed AS MATERIALIZED (
        SELECT from_account, to_account, people FROM reporting.flowed(asked.from_day, asked.to_day, asked.closing)
    ), part (account, opening, restated, came, went, closing) AS (
        SELECT account, people, -people, 0, 0, 0 FROM reporting.balances(asked.from_day, asked.known)
        UNION ALL SELECT account, 0, people, 0, 0, 0 FROM reporting.balances(asked.from_day, asked.closing)
        UNION ALL SELECT to_account, 0, 0, people, 0, 0 FROM flowed
        UNION ALL SELECT from_account, 0, 0, 0, people, 0 FROM flowed
        UNION ALL SELECT account, 0, 0, 0, 0, people FROM reporting.balances(asked.to_day, asked.closing)
    )
    SELECT asked.from_day, asked.to_day, asked.known, asked.closing, (SELECT reading_version FROM counts.position),
        area, name, kecamatan, kecamatan_name, standing,
        sum(opening)::bigint, sum(restated)::bigint, sum(came)::bigint, sum(went)::bigint, sum(part.closing)::bigint
    FROM part JOIN counts.account ON number = part.account JOIN reporting.areas USING (area)
    WHERE standing <> 'nowhere'
    GROUP BY number, area, name, kecamatan, kecamatan_name, standing
    ORDER BY area = '-', area COLLATE "C", number;
END $$;

CREATE OR REPLACE FUNCTION reporting.list_reconciliation(
    list text, day date DEFAULT NULL, "position" bigint DEFAULT NULL
) RETURNS SETOF reporting.list_reconciliation_row
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 52 {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    list     text    := $1;
    day      date    := reporting.day_of($2);
    known    bigint  := reporting.known_to_counts($3);
    number   integer;
    declared record;
BEGIN
    PERFORM reporting.first_day(asked.day, asked.known);
    asked.number := ({heard_of});
    IF asked.number IS NULL THEN
        RAISE EXCEPTION 'list ''%'' was never heard of, as known at position %', asked.list, asked.known
            USING ERRCODE = 'no_data_found';
    END IF;
    {declaration_into};
    RETURN QUERY
    WITH held (account, people) AS MATERIALIZED ({of_members}), stands AS (
        SELECT area, standing, people FROM held JOIN counts.account ON counts.account.number = held.account
        WHERE people <> 0
    ), total AS (SELECT coalesce(sum(people), 0)::bigint AS members FROM stands)
    SELECT asked.list, asked.day, asked.known, (SELECT reading_version FROM counts.position),
        asked.declared.rows, members, asked.declared.rows - members,
        area, name, kecamatan, kecamatan_name,
        CASE WHEN asked.declared.rows IS NOT NULL THEN coalesce(max(control.value), 0) END,
        {figures}, {cleared}
    FROM reporting.areas LEFT JOIN stands USING (area) CROSS JOIN total
    LEFT JOIN (SELECT key, value::bigint FROM jsonb_each_text(asked.declared.rows_by_kelurahan)) AS control ON key = area
    GROUP BY area, name, kecamatan, kecamatan_name, members
    HAVING count(standing) > 0 OR max(control.value) > 0
    ORDER BY area = '-', area COLLATE "C";
END $$;

CREATE OR REPLACE FUNCTION reporting.recordings(
    from_day date DEFAULT NULL, to_day date DEFAULT NULL, "position" bigint DEFAULT NULL
) RETURNS SETOF reporting.recordings_row
LANGUAGE plpgsql STABLE SECURITY DEFINER {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    known    bigint  := reporting.known_to_counts($3);
    first    date    := reporting.first_day(CASE WHEN $1 IS NULL THEN 'infinity' ELSE reporting.day_of($1) END, known);
    after    date    := coalesce($1, first) - 1;
    until    date    := reporting.day_of($2);
    complete integer := (known + 1) / {block};
    open     bigint  := (known + 1) / {block} * {block};
    official smallint[] := ARRAY(SELECT number FROM counts.account WHERE standing IN ({official}));
    truly    smallint[] := ARRAY(SELECT number FROM counts.account WHERE standing = 'outstanding');
    recorded smallint[] := ARRAY(SELECT number FROM counts.account WHERE standing = 'recorded');
BEGIN
    RETURN QUERY
    WITH came AS MATERIALIZED (  -- summed before any join, of which the planner would guess wrong
        SELECT valid_on, to_account, sum(people)::bigint AS recorded,
            coalesce(sum(people) FILTER (WHERE from_account = ANY (asked.truly)), 0)::bigint AS truly
        FROM ({moved}) AS moved
        WHERE from_account = ANY (asked.official) AND to_account = ANY (asked.recorded)
        GROUP BY valid_on, to_account
        HAVING sum(people) <> 0
    )
    SELECT valid_on, asked.known, (SELECT reading_version FROM counts.position),
        area, name, kecamatan, kecamatan_name, recorded, truly
    FROM came JOIN counts.account ON number = to_account JOIN reporting.areas USING (area)
    ORDER BY valid_on, area = '-', area COLLATE "C";
END $$;

CREATE OR REPLACE FUNCTION reporting.lists_at("position" bigint DEFAULT NULL) RETURNS SETOF reporting.lists_row
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10 {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    known bigint := reporting.known_to_counts($1);
BEGIN
    RETURN QUERY
    SELECT asked.known, l.name, CASE WHEN register THEN 'register' WHEN NOT register THEN 'unrecorded' END, as_of,
        rows, members, rows - members
    FROM counts.list AS l
    LEFT JOIN LATERAL ({declaration_of_list}) AS declared ON true
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT subject) AS members FROM counts.listing AS g
        WHERE g.list = l.number AND g.position <= asked.known AND (g.withdrawn IS NULL OR g.withdrawn > asked.known)
    ) AS named
    WHERE l.position <= asked.known
    ORDER BY l.number;
END $$;

CREATE OR REPLACE FUNCTION reporting.anomalies_at("position" bigint DEFAULT NULL) RETURNS SETOF reporting.anomalies_row
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 {settings} AS $$
#variable_conflict use_column
<<asked>>
DECLARE
    counted bigint := reporting.known_to_counts(NULL);
    trailed bigint := coalesce((SELECT p.position FROM trail.position AS p), 0);
    known   bigint := reporting.known_at($1, least(asked.counted, asked.trailed));
BEGIN
    RETURN QUERY
    WITH standing AS (
        SELECT subject, name FROM trail.anomaly WHERE position <= asked.known
        GROUP BY subject, name, refs HAVING sum(people) <> 0
    ), named (name, people, lists, cases) AS (
        SELECT name, CASE WHEN name = 'list_does_not_sum' THEN 0 ELSE count(DISTINCT subject) END,
            CASE WHEN name = 'list_does_not_sum' THEN count(DISTINCT subject) ELSE 0 END, count(*)
        FROM standing GROUP BY name
        UNION ALL
        SELECT CASE WHEN residual > 0 THEN 'list_rows_missing' ELSE 'list_rows_too_many' END,
            sum(abs(residual))::bigint, count(*), count(*)
        FROM reporting.lists_at(asked.known) WHERE residual <> 0
        GROUP BY residual > 0
    )
    SELECT asked.known, name COLLATE "C", people, lists, cases FROM named ORDER BY name COLLATE "C";
END $$;

CREATE OR REPLACE FUNCTION reporting.status_now() RETURNS SETOF reporting.status_row
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1 {settings} AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT reporting.today(), size, CASE WHEN size > 0 THEN accepted END, c.position, t.position, o.position,
        c.reading_version, tally.*, (SELECT count(*) FROM intake.quarantine AS q WHERE {open})
    FROM counts.position AS c, trail.position AS t, outstanding.position AS o, log.head,
        (SELECT {tally} FROM intake.accounted) AS tally;
END $$;
