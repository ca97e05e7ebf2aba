"""How long the statistics take over a million leads, and how long their kept days take to be counted anew.

    scripts/with-postgres python3 Tests/Benchmarks/dashboard.py --executable .build/release/huifang

Rows are written by SQL: inquiries with sources, articles, assessments and promises, tasks, claims, results and messages over the days
asked for, sealed columns as long as they would be (the statistics open none). The page and its JSON are asked for over HTTP, first of
kept days, then with changed days among them. With --before an executable without kept days is measured the same way, with fewer turns."""

import argparse
import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta

from database import Database
from operations import adviser_token
from service import Service

BATCH = 50_000


def fill(database, leads, days, advisers):
    """So many leads over so many days up to yesterday, each with an inquiry; two in three were reached, one in twenty signed."""
    database.psql("""
        CREATE UNLOGGED TABLE bench_leads (n bigint, lead uuid, inquiry uuid, task uuid, assessment uuid, at timestamptz, due timestamptz,
            met timestamptz, adviser uuid, fate int)""")
    for first in range(0, leads, BATCH):
        last = min(first + BATCH, leads)
        database.psql(f"""
            SET session_replication_role = replica; SET synchronous_commit = off;
            TRUNCATE bench_leads;
            INSERT INTO bench_leads
            SELECT n, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), CASE WHEN n % 2 = 0 THEN gen_random_uuid() END, at,
                   (date_trunc('day', at AT TIME ZONE 'Asia/Shanghai') + interval '42 hours') AT TIME ZONE 'Asia/Shanghai',
                   CASE WHEN n % 10 < 9 THEN at + (20 + abs(hashint8(n)) % 90000) * interval '1 second' END,
                   bench_adviser((abs(hashint8(n)) % {advisers})::int), (abs(hashint8(n + 7)) % 20)::int
            FROM (SELECT n, (date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') - interval '{days} days'
                             + (n % {days}) * interval '1 day' + interval '8 hours'
                             + (abs(hashint8(n + 3)) % 50000) * interval '1 second') AT TIME ZONE 'Asia/Shanghai' AS at
                  FROM generate_series({first}::bigint, {last - 1}) n) s;
            INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
            SELECT lead, bench_hash('lead-' || n), 1, bench_sealed(14), bench_hash('four-' || n % 10000), at FROM bench_leads;
            INSERT INTO assessments (id, rule_version, assessed_on, answers, sum_before_deductions, total, can_apply, blocked_by, notes, gap,
                                     suggestions, created_at)
            SELECT assessment, 'bench', at::date, '{{}}', t, t, t >= 120, '{{}}', '[]', greatest(0, 120 - t),
                   CASE WHEN t < 120 THEN '[{{"answers_changed": {{"insured_months": 120}}, "months": 12, "text": "x"}},
                                            {{"answers_changed": {{"education": "bachelor_with_degree"}}, "months": 0, "text": "x"}}]'::jsonb
                        ELSE '[]' END, at
            FROM (SELECT *, (60 + abs(hashint8(n + 11)) % 90)::int AS t FROM bench_leads WHERE assessment IS NOT NULL) b;
            INSERT INTO inquiries (id, lead_id, name_sealed, name_index, source, assessment_id, accepted_at, due_at, provisional, met_at)
            SELECT inquiry, lead, bench_sealed(9), bench_hash('name-' || n % 5000),
                   jsonb_build_object('utm', jsonb_build_object('source', (ARRAY['baidu', 'douyin', 'article', 'friend', 'video'])[1 + n % 5]
                                                                          || '-' || (abs(hashint8(n + 5)) % 8)),
                                      'page_url', 'https://example.com/a/' || (abs(hashint8(n + 9)) % 120) || '?x=' || n),
                   assessment, at, due, false, met
            FROM bench_leads;
            INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional, met_at,
                                        first_attempt_at, next_attempt_at, claim_number, closed_at, closed_reason)
            SELECT task, lead, inquiry, 'closed', at, at, due, false, met, met, at, 2, coalesce(met, at) + interval '2 hours',
                   CASE WHEN fate = 0 THEN 'converted' WHEN met IS NULL THEN 'spam' ELSE 'not_interested' END
            FROM bench_leads;
            INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, revealed_at, ended_at, end_reason)
            SELECT task, k, adviser, 'ordinary', t - interval '5 minutes', CASE WHEN met IS NOT NULL THEN t - interval '4 minutes' END, t, 'result'
            FROM bench_leads, LATERAL (VALUES (1, met), (2, coalesce(met, at) + interval '2 hours')) c (k, t) WHERE t IS NOT NULL;
            INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, counts, reason, closed_reason)
            SELECT gen_random_uuid(), task, k, adviser, t,
                   CASE WHEN k = 1 THEN CASE WHEN fate < 13 THEN 'reached_interested' ELSE 'no_answer' END
                        WHEN fate = 0 THEN 'converted' WHEN met IS NULL THEN 'spam' ELSE 'reached_not_interested' END,
                   met IS NOT NULL, NULL, CASE WHEN k = 2 THEN CASE WHEN fate = 0 THEN 'converted' WHEN met IS NULL THEN 'spam' ELSE 'not_interested' END END
            FROM bench_leads, LATERAL (VALUES (1, met), (2, coalesce(met, at) + interval '2 hours')) c (k, t) WHERE t IS NOT NULL;
            INSERT INTO messages (id, template, state, attempt, gateway, created_at, send_at, expires_at, finished_at, phone_index, operator,
                                  segments, delivery, delivery_at)
            SELECT gen_random_uuid(), 'inquiry_code', 'sent', 1, CASE WHEN n % 3 = 0 THEN 'tencent' ELSE 'aliyun' END, at, at,
                   at + interval '5 minutes', at + interval '1 second', bench_hash('lead-' || n),
                   (ARRAY['mobile', 'unicom', 'telecom'])[1 + n % 3], 1, CASE WHEN n % 25 = 0 THEN 'failed' ELSE 'delivered' END,
                   at + (2 + abs(hashint8(n + 13)) % 40) * interval '1 second'
            FROM bench_leads""")
        print(f"  {last:,} leads", file=sys.stderr, flush=True)
    database.psql("VACUUM (ANALYZE)")


def ask(port, path, count):
    """Milliseconds of so many requests one after the other, sorted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {adviser_token(99)}", "Accept": "text/html"})
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path} was answered {answer.status}: {body[:300]}")
    return sorted(times)


def tell(name, times):
    print(f"{name}: p50 {times[len(times) // 2]:.0f} ms, p95 {times[int(0.95 * len(times))]:.0f} ms, slowest {times[-1]:.0f} ms "
          f"of {len(times)}; load average {os.getloadavg()[0]:.1f}", flush=True)


def cost_of_marks(database, rounds=3, count=5000):
    """Microseconds that the rows of a claim and its result take with and without its mark, one statement each, by turns; nothing of it stays."""
    loop = f"""
        BEGIN;
        {{}}
        DO $$ DECLARE task uuid; BEGIN
            FOR task IN SELECT id FROM callback_tasks ORDER BY id LIMIT {count} LOOP
                INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at)
                VALUES (task, 3, bench_adviser(1), 'ordinary', now());
                INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, counts)
                VALUES (gen_random_uuid(), task, 3, bench_adviser(1), now(), 'no_answer', true);
            END LOOP;
        END $$;
        ROLLBACK"""
    times = {True: [], False: []}
    for number in range(2 * rounds):
        marked = number % 2 == 0
        begun = time.perf_counter()
        database.psql(loop.format("" if marked else "ALTER TABLE call_attempts DISABLE TRIGGER mark_new_result;"))
        times[marked].append((time.perf_counter() - begun) * 1e6 / count)
    print(f"a claim and its result: {min(times[True]):.0f} µs with its marks, {min(times[False]):.0f} µs without, best of {rounds}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--programs", default=os.path.dirname(os.path.realpath("/usr/lib/postgresql/15/bin/psql")))
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--advisers", type=int, default=40)
    parser.add_argument("--count", type=int, default=60, help="requests a range (%(default)s)")
    parser.add_argument("--port", type=int, default=18590)
    parser.add_argument("--before", action="store_true", help="the executable keeps no days")
    options = parser.parse_args()
    socket = re.search(r"host=(\S+)", os.environ["HUIFANG_TEST_DATABASE_URL"]).group(1)
    Database(options.programs, socket, "postgres").psql("CREATE DATABASE dashboard")
    database = Database(options.programs, socket, "dashboard")
    today = date.fromisoformat(database.psql("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")[0][0])
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_DATA_DIR": folder}
        subprocess.run([options.executable, "migrate"], check=True, stdout=sys.stderr, env=environment)
        service = Service(options.executable, folder, database.conninfo, options.port, 9)
        try:
            service.start()
            # The rules of prepare.sql are none that a service could begin with; and days are kept when they are timed.
            database.psql(file="prepare.sql")
            database.psql(file="advisers.sql")
            database.psql("INSERT INTO job_holds (name, held_at, held_by) SELECT 'rollups', now(), id FROM staff LIMIT 1")
            measure(options, database, service, environment, today)
        finally:
            service.stop()


def measure(options, database, service, environment, today):
    ranges = [("7 days", 7), ("30 days", 30), ("200 days beside the 200 before", 200), ("400 days", 400)]
    begun = time.monotonic()
    fill(database, options.leads, options.days, options.advisers)
    print(f"{options.leads:,} leads over {options.days} days, filled in {time.monotonic() - begun:.0f} s", flush=True)
    if not options.before:
        begun = time.monotonic()
        subprocess.run([options.executable, "statistics", "rebuild"], check=True, env=environment)
        print(f"counted anew in {time.monotonic() - begun:.1f} s", flush=True)
        database.psql("VACUUM (ANALYZE)")
    for name, length in ranges:
        days = f"from={today - timedelta(days=length - 1)}&to={today}"
        if options.before:
            tell(f"{name}, JSON", ask(service.port, "/api/v1/stats?" + days, 1))
            continue
        ask(service.port, "/api/v1/stats?" + days, 5)
        tell(f"{name}, JSON", ask(service.port, "/api/v1/stats?" + days, options.count))
        tell(f"{name}, page", ask(service.port, "/staff/statistics?" + days, options.count))
    if not options.before:
        for changed in (1, 3, 10):
            database.psql(f"INSERT INTO statistics_marks (day) SELECT '{today}'::date - g FROM generate_series(1, {changed}) g")
            tell(f"400 days, {changed} of them changed and not counted yet, page",
                 ask(service.port, f"/staff/statistics?from={today - timedelta(days=399)}&to={today}", max(3, options.count // 2)))
        cost_of_marks(database)
        size = database.psql("""SELECT pg_size_pretty(sum(pg_total_relation_size(c.oid))) FROM pg_class c
                                WHERE relkind = 'r' AND relname LIKE 'statistics%'""")[0][0]
        print(f"the kept days take {size} of {database.psql('SELECT pg_size_pretty(pg_database_size(current_database()))')[0][0]}")
    print(f"resident memory {service.resident():.0f} MB, at most {service.resident('VmHWM'):.0f} MB")


main()
