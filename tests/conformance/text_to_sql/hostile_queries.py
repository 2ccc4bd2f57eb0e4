#!/usr/bin/env python3
"""Hostile queries on SQLite, each in a judge of its own pool: contained, named, and no file changes.

    tests/conformance/text_to_sql/hostile_queries.py --judge build/release/tests/suites/sql_judge [--timeout-ms 2000]

What SQLite can run within the limits gives rows; what writes, attaches, loads or configures is refused by name; what
runs away is stopped by the deadline, a cap or the end of its worker. Prints a line each; exit status 1 where one ends
otherwise than written here, where the judge itself does not live to the end, or where a file has changed.
"""
import argparse
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

SCRIPT = """CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'c');
CREATE INDEX by_name ON t (name); CREATE VIEW v AS SELECT * FROM t;"""
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) "
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
BIG = "hex(zeroblob(15000000))"
STOPPED = {"timeout", "memory", "too large", "crash"}


def doubling(levels, form):
    """Common table expressions that each use the one before twice: 2^levels when they are expanded."""
    sql = "WITH t0(a) AS (SELECT 1)"
    for level in range(levels):
        sql += f", t{level + 1}(a) AS ({form.format(level)})"
    return sql + f" SELECT count(*) FROM t{levels}"


def cases(outside):
    rows, error, refused = {"rows"}, {"error"}, {"refused"}
    any_end = STOPPED | rows
    return {
        # ---- that run away
        "cte expanded 2^25 times": (doubling(25, "SELECT a FROM t{0} UNION ALL SELECT a FROM t{0}"), STOPPED | error),
        "cte joined with itself": (doubling(20, "SELECT x.a FROM t{0} x, t{0} y"), STOPPED | error),
        "trim, quadratic": (f"SELECT length(trim({BIG}, hex(randomblob(50000)) || '1'))", any_end),
        "LIKE with 8,000 wildcards": ("SELECT printf('%.*c', 1000000, 'a') LIKE '" + "%a_" * 8000 + "b'", any_end),
        "GLOB with 5,000 sets": ("SELECT printf('%.*c', 1000000, 'a') GLOB '*" + "[^b]*" * 5000 + "z'", any_end),
        "replace that grows": (f"SELECT length(replace({BIG}, '0', '00000000'))", {"memory"}),
        "recursion that keeps what it saw": ("WITH RECURSIVE c(x) AS (SELECT randomblob(1000000) UNION SELECT "
                                             "randomblob(1000000) FROM c) SELECT count(*) FROM c", STOPPED),
        "recursion whose queue grows": ("WITH RECURSIVE c(x) AS (SELECT randomblob(100) UNION ALL SELECT randomblob(100) FROM c, "
                                        "(SELECT 1 UNION ALL SELECT 2)) SELECT count(*) FROM c", STOPPED),
        "sorter": (NUMBERS.format(10**8) + "SELECT i, randomblob(500) FROM n ORDER BY random() LIMIT 1", STOPPED),
        "distinct": (NUMBERS.format(10**8) + "SELECT count(DISTINCT i || hex(randomblob(200))) FROM n", STOPPED),
        "group_concat": (NUMBERS.format(10**8) + "SELECT length(group_concat(hex(randomblob(50)))) FROM n", STOPPED),
        "window of 100,000 rows": (NUMBERS.format(10**5) + "SELECT sum(i) OVER (ORDER BY i ROWS BETWEEN 50000 PRECEDING AND "
                                   "50000 FOLLOWING) FROM n", any_end),
        "json array without end": (ENDLESS + "SELECT length(json_group_array(i)) FROM n", STOPPED),
        "json, 2,000,000 deep": ("SELECT json_valid(printf('%.*c', 2000000, '['))", any_end | error),
        "strftime, 3,000,000 fields": ("SELECT length(strftime(replace(printf('%.*c', 3000000, 'x'), 'x', '%J'), 'now'))", {"memory"}),
        "printf with 100,000,000 digits": ("SELECT length(printf('%.*f', 100000000, 1.0))", {"memory"}),
        "printf with a width of 2,000,000,000": ("SELECT length(printf('%*d', 2000000000, 1))", {"memory"}),
        "quote": ("SELECT quote(zeroblob(20000000))", {"memory"}),
        "join of 64": ("SELECT count(*) FROM " + ", ".join(f"t a{i}" for i in range(64)), STOPPED),
        "cross join of 13": ("SELECT * FROM " + ", ".join(f"t a{i}" for i in range(13)), STOPPED),
        "IN with 400,000 values": ("SELECT 1 WHERE 1 IN (" + ",".join(["1"] * 400_000) + ")", any_end),
        "blobs of 500 MB in all": (NUMBERS.format(5000) + "SELECT randomblob(100000) FROM n", STOPPED),
        "300,000,000 cells": (NUMBERS.format(200_000) + "SELECT " + ",".join(["i"] * 1500) + " FROM n", STOPPED),
        "NULLs without end": (ENDLESS + "SELECT NULL FROM n", STOPPED),
        # ---- that SQLite does not take
        "join of 65": ("SELECT 1 FROM " + ", ".join(f"t a{i}" for i in range(65)), error),
        "2,001 columns": ("SELECT " + ", ".join(f"1 AS c{i}" for i in range(2001)), error),
        "compound of 501": (" UNION ALL ".join(["SELECT 1"] * 501), error),
        "OR, 100,000 deep": ("SELECT " + " OR ".join(["1"] * 100_000), error),
        "NOT, 200,000 deep": ("SELECT " + "NOT " * 200_000 + "1", error),
        "subqueries, 5,000 deep": ("SELECT " + "(SELECT " * 5000 + "1" + ")" * 5000, error),
        "CASE, 5,000 deep": ("SELECT " + "CASE WHEN 1 THEN " * 5000 + "1" + " END" * 5000, error),
        "over a million bytes": (" UNION ALL ".join(["SELECT 1"] * 100_000), refused),
        "overflow": ("SELECT abs(-9223372036854775808)", error),
        "readfile": ("SELECT readfile('/etc/passwd')", error),
        "edit": ("SELECT edit('x', 'true')", error),
        "fsdir": ("SELECT * FROM fsdir('/')", error),
        # ---- that do more than read
        "ATTACH in comments": (f"/* x */ AtTaCh/**/DATABASE '{outside}' AS z", refused),
        "ATTACH by URI": (f"ATTACH 'file:{outside}?mode=rwc' AS z", refused),
        "VACUUM INTO": (f"VACUUM main INTO '{outside}'", refused),
        "DETACH": ("DETACH DATABASE temp", refused),
        "load_extension": ("SELECT load_extension('x', 'y')", refused),
        "fts3_tokenizer": ("SELECT fts3_tokenizer('simple')", refused),
        "rtreecheck": ("SELECT rtreecheck('t')", refused | error),
        "PRAGMA optimize": ("PRAGMA optimize", refused),
        "PRAGMA shrink_memory": ("PRAGMA shrink_memory", refused),
        "pragma_database_list": ("SELECT * FROM pragma_database_list", refused),
        "pragma_journal_mode": ("SELECT * FROM pragma_journal_mode", refused | error),
        "pragma_soft_heap_limit": ("SELECT * FROM pragma_soft_heap_limit", refused | error),
        "DELETE … RETURNING": ("DELETE FROM t RETURNING *", refused),
        "upsert": ("INSERT INTO t VALUES (1, 'x') ON CONFLICT DO UPDATE SET name = 'x'", refused),
        "REPLACE": ("REPLACE INTO t VALUES (1, 'x')", refused),
        "DROP VIEW": ("DROP VIEW v", refused),
        "CREATE TRIGGER": ("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END", refused),
        "TEMP TRIGGER": ("CREATE TEMP TRIGGER x INSTEAD OF INSERT ON v BEGIN DELETE FROM t; END", refused),
        "virtual table": ("CREATE VIRTUAL TABLE x USING fts5(a)", refused),
        "ANALYZE": ("ANALYZE", refused),
        "REINDEX": ("REINDEX t", refused),
        "ALTER": ("ALTER TABLE t RENAME TO u", refused),
        "BEGIN": ("BEGIN IMMEDIATE", refused),
        "SAVEPOINT": ("SAVEPOINT x", refused),
        # ---- several statements
        "after a comment": ("SELECT 1;/*\n*/--\n/**/DROP TABLE t", refused),
        "after a carriage return": ("SELECT 1;\rDROP TABLE t", refused),
        "after a vertical tab": ("SELECT 1;\x0bDROP TABLE t", refused),
        "after a semicolon": ("; DROP TABLE t", refused),
        "after a NUL": ("SELECT 1\x00; DROP TABLE t", refused),
        # ---- that only look bad
        "900,000 bytes of comment": ("/*" + "x" * 900_000 + "*/SELECT 1", rows),
        "a comment that does not end": ("SELECT 1 /* DROP TABLE t", rows),
        "100,000 semicolons": (";" * 100_000 + "SELECT 1", rows | refused),
        "parameters": ("SELECT ?1, :a, @b", rows),
        "EXPLAIN": ("EXPLAIN SELECT 1", rows),
        "400,000 quotes": ("SELECT '" + "''" * 400_000 + "'", rows),
    }


def hashes(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.join(place, name)] = hashlib.sha256(file.read()).hexdigest()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--timeout-ms", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "a.sqlite")
        connection = sqlite3.connect(database)
        connection.executescript(SCRIPT)
        connection.close()
        tried = cases(os.path.join(folder, "outside.sqlite"))
        before = hashes(folder)
        lines = "".join(json.dumps({"db": database, "gold": "SELECT 1", "pred": sql}) + "\n" for sql, _ in tried.values())
        begun = time.monotonic()
        done = subprocess.run([arguments.judge, "--compare", "bird_ex", "--timeout-ms", str(arguments.timeout_ms)],
                              input=lines, capture_output=True, text=True, check=True)
        seconds = time.monotonic() - begun
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = abs(len(verdicts) - len(tried))
        for (name, (_, expected)), verdict in zip(tried.items(), verdicts):
            as_expected = verdict["status"] in expected and bool(verdict["why"])
            wrong += not as_expected
            print(f"{'' if as_expected else 'NOT EXPECTED: '}{name}: {verdict['why'][:100]}")
        same = hashes(folder) == before
        print(f"{len(tried)} queries in {seconds:.0f} s, {wrong} not as expected; files {'unchanged' if same else 'CHANGED'}")
    sys.exit(1 if wrong or not same else 0)


if __name__ == "__main__":
    main()
