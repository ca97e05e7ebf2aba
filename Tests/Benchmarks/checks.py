"""What SQL finds against what was acknowledged: (what, found, acknowledged). A fast wrong run is a failed run."""

import collections
import subprocess


def intake(bench):
    """After codes and submits, before anybody worked on a task."""
    ours, ledger = bench.ours, bench.ledger
    stored = {row[0] for row in ours.psql("SELECT id FROM inquiries")}
    count = len(ledger.inquiries)
    one_open_task = "SELECT count(*) FROM (SELECT FROM callback_tasks WHERE state <> 'closed' GROUP BY lead_id HAVING count(*) = 1) t"
    fsck = subprocess.run([bench.options.executable, "fsck"], env=bench.service.environment, capture_output=True, text=True)
    return [
        ("codes issued", ours.number("SELECT count(*) FROM verification_challenges"), ledger.codes),
        ("messages sent", ours.number("SELECT count(*) FROM messages WHERE state = 'sent'"), ledger.codes),
        ("messages the gateway got", bench.messages, ledger.codes),
        ("acknowledged inquiries stored, by id", len(stored & set(ledger.inquiries)), count),
        ("inquiries in all", len(stored), count),
        ("leads", ours.number("SELECT count(*) FROM leads"), count),
        ("leads with exactly one open task", ours.number(one_open_task), count),
        ("consents", ours.number("SELECT count(*) FROM consents"), count),
        ("assessments", ours.number("SELECT count(*) FROM assessments"), count),
        ("pgbench: codes", bench.theirs.number("SELECT count(*) FROM messages"), bench.coded_by_pgbench),
        ("pgbench: inquiries", bench.counted_leads, bench.submitted_by_pgbench),
        ("violations huifang fsck found", 0 if fsck.returncode == 0 else max(1, len(fsck.stdout.splitlines())), 0),
    ]


def work(bench):
    """After the claims and results."""
    results = collections.Counter(bench.ledger.results)
    stored = {row[0]: int(row[1]) for row in bench.ours.psql("SELECT task_id, count(*) FROM call_attempts WHERE refused IS NULL GROUP BY 1")}
    return [
        ("tasks with as many results as acknowledged", sum(stored.get(task) == count for task, count in results.items()), len(results)),
        ("results in all", bench.ours.number("SELECT count(*) FROM call_attempts"), results.total()),
        ("pgbench: results", bench.theirs.number("SELECT count(*) FROM call_attempts"), bench.worked_by_pgbench),
    ]
