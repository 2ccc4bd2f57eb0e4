#!/usr/bin/env python3
"""A second implementation of the Text-to-SQL comparisons, to check assay's with.

    tests/conformance/text_to_sql/second_opinion.py --judge build/release/tests/suites/sql_judge \\
        --data ../shared/data --compare bird_ex|defog|spider_ex [--pairs 3000] [--seed 1] [--keep-distinct] \
        [--changes result|text] [--reference FOLDER]

Pairs of a gold query and a changed one are made by seeded changes (of what it returns, by a query around it, or of its
text: query_changes.py), run with Python's sqlite3 and compared here by the rules of the comparison's authors, written
anew; defog's are rules about pandas frames and need pandas (2.2), spider_ex needs sqlparse. With --reference, the folder
of test-suite-sql-eval's own exec_eval.py and parse.py, its code judges spider_ex instead. Every verdict that differs is
printed; exit status 1 if there is one.
"""
import argparse
import csv
import gzip
import itertools
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile

import query_changes


def rows_of(database, sql):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode(errors="ignore")
    try:
        cursor = connection.execute(sql)
        return [column[0] for column in cursor.description or []], cursor.fetchall()
    finally:
        connection.close()


# ---- pairs -------------------------------------------------------------------------------------------------

def wrap(sql, outer):
    return outer.format("(" + sql.strip().rstrip(";") + ")")


def changed(rng, sql, columns, others):
    """One seeded change of a query; `columns` are the names of its result."""
    names = ['"' + name.replace('"', '""') + '"' for name in columns]
    shuffled = names[:]
    rng.shuffle(shuffled)
    choices = [
        lambda: sql,
        lambda: wrap(sql, "SELECT " + ", ".join(shuffled) + " FROM {}"),
        lambda: wrap(sql, "SELECT " + ", ".join(shuffled[: rng.randint(1, len(names))]) + " FROM {}"),
        lambda: wrap(sql, "SELECT *, 1 AS extra FROM {}"),
        lambda: wrap(sql, "SELECT 'x' AS a0, * FROM {}"),
        lambda: wrap(sql, "SELECT DISTINCT * FROM {}"),
        lambda: wrap(sql, "SELECT * FROM {0} UNION ALL SELECT * FROM {0}"),
        lambda: wrap(sql, "SELECT * FROM {} LIMIT %d" % rng.randint(0, 3)),
        lambda: wrap(sql, "SELECT * FROM {} ORDER BY %d %s" % (rng.randint(1, len(names)), rng.choice(["", "DESC"]))),
        lambda: wrap(sql, "SELECT " + ", ".join(f"{n} AS c{i}" for i, n in enumerate(names)) + " FROM {}"),
        lambda: wrap(sql, "SELECT " + ", ".join(f"{n} AS c{-i}" for i, n in enumerate(names)) + " FROM {}"
                     .replace("c-", "d")).replace("c-", "d"),
        lambda: wrap(sql, "SELECT " + ", ".join(f"CAST({n} AS REAL) AS {n}" for n in names) + " FROM {}"),
        lambda: wrap(sql, "SELECT " + ", ".join(f"CAST({n} AS TEXT) AS {n}" for n in names) + " FROM {}"),
        lambda: wrap(sql, "SELECT " + ", ".join(f"{n} * 1.000001 AS {n}" for n in names) + " FROM {}"),
        lambda: wrap(sql, "SELECT " + ", ".join(f"NULLIF({n}, {n}) AS {n}" for n in names) + " FROM {}"),
        lambda: wrap(sql, "SELECT * FROM {} WHERE %s IS NOT NULL" % rng.choice(names)),
        lambda: wrap(sql, "SELECT * FROM {} WHERE 0"),
        lambda: wrap(sql, "SELECT " + ", ".join(names + names[:1]) + " FROM {}"),
        lambda: rng.choice(others),
        lambda: sql.replace("DESC", "ASC") if "DESC" in sql else sql,
    ]
    return rng.choice(choices)()


def defog_questions(data, scratch):
    for stem in ("questions_gen_sqlite", "instruct_basic_sqlite", "instruct_advanced_sqlite"):
        with open(os.path.join(data, "defog", stem + ".csv"), newline="") as rows:
            for row in csv.DictReader(rows):
                path = os.path.join(scratch, row["db_name"] + ".sqlite")
                if not os.path.exists(path):
                    connection = sqlite3.connect(path)
                    with open(os.path.join(data, "defog/sqlite_ddl", row["db_name"] + ".sql")) as script:
                        connection.executescript(script.read())
                    connection.close()
                yield {"db": path, "gold": row["query"], "question": row["question"], "category": row["query_category"]}


def spider_questions(data):
    with gzip.open(os.path.join(data, "spider/dev.json.gz"), "rt") as text:
        for row in json.load(text):
            path = os.path.join(data, "spider/database", row["db_id"], row["db_id"] + ".sqlite")
            if os.path.exists(path):
                yield {"db": path, "gold": row["query"], "question": row["question"], "category": ""}


def make_pairs(questions, count, seed, alternatives, of_text):
    rng = random.Random(seed)
    by_database = {}
    for question in questions:
        by_database.setdefault(question["db"], []).append(alternatives(question["gold"])[0])
    pairs = []
    while len(pairs) < count:
        question = rng.choice(questions)
        base = rng.choice(alternatives(question["gold"]))
        try:
            columns, _ = rows_of(question["db"], base)
        except sqlite3.Error:
            continue
        sql = base
        for _ in range(rng.choice([1, 1, 2])):
            if of_text:
                sql = query_changes.change(rng, sql, by_database[question["db"]])
                continue
            try:
                names, _ = rows_of(question["db"], sql)
            except sqlite3.Error:
                break
            sql = changed(rng, sql, names or columns, by_database[question["db"]])
        pairs.append({**question, "pred": sql})
    return pairs


# ---- the rules ---------------------------------------------------------------------------------------------

def bird_verdict(pair):
    _, gold = rows_of(pair["db"], pair["gold"])
    try:
        _, predicted = rows_of(pair["db"], pair["pred"])
    except (sqlite3.Error, sqlite3.Warning):
        return False
    return set(gold) == set(predicted)


def official_verdict(pair):
    import exec_eval
    return bool(exec_eval.eval_exec_match(pair["db"], pair["pred"], pair["gold"], False, pair["keep_distinct"], False))


def spider_verdict(pair):
    import sqlparse

    def prepared(sql):
        for wrong, right in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
            sql = sql.replace(wrong, right)
        if pair["keep_distinct"]:
            return sql
        tokens = [token.value for token in sqlparse.parse(sql)[0].flatten()]
        return "".join(token for token in tokens if token.lower() != "distinct")

    gold_sql = prepared(pair["gold"])
    ordered = "order by" in gold_sql.lower()
    _, gold = rows_of(pair["db"], gold_sql)
    try:
        _, predicted = rows_of(pair["db"], prepared(pair["pred"]))
    except (sqlite3.Error, sqlite3.Warning):
        return False
    if not gold and not predicted:
        return True
    if len(gold) != len(predicted) or len(gold[0]) != len(predicted[0]):
        return False

    def by_text(row):
        return tuple(sorted(row, key=lambda value: str(value) + str(type(value))))

    left, right = [by_text(row) for row in gold], [by_text(row) for row in predicted]
    if (left != right) if ordered else (set(left) != set(right)):
        return False
    if len(gold[0]) > 7:
        return None  # too many orders to try them all
    for order in itertools.permutations(range(len(gold[0]))):
        moved = [tuple(row[i] for i in order) for row in predicted]
        if moved == gold:
            return True
        if not ordered:
            counts = {}
            for row in gold:
                counts[row] = counts.get(row, 0) + 1
            for row in moved:
                counts[row] = counts.get(row, 0) - 1
            if not any(counts.values()):
                return True
    return False


def defog_alternatives(cell):
    queries = []
    for query in (part.strip() for part in cell.split(";")):
        if not query:
            continue
        match = re.search(r"\{(.*?)\}", query, re.DOTALL)
        if not match:
            queries.append(query)
            continue
        options = match.group(1).split(",")
        for size in range(1, len(options) + 1):
            for chosen in itertools.combinations(options, size):
                columns = ", ".join(chosen)
                rest = query[match.end():].replace("GROUP BY {}", "GROUP BY " + columns)
                queries.append(query[: match.start()] + columns + rest)
    return queries


def defog_verdict(pair):
    import pandas
    from pandas.testing import assert_frame_equal, assert_series_equal

    ordered = pair["category"] == "order_by" or re.search(r"\b(order|sort|arrange)\b", pair["question"].lower())

    def frame(sql):
        names, rows = rows_of(pair["db"], sql)
        return pandas.DataFrame(rows, columns=names)

    def normal(table):
        table = table.drop_duplicates()
        table = table.reindex(sorted(table.columns), axis=1)
        if not ordered:
            table = table.sort_values(by=list(table.columns))
        return table.reset_index(drop=True)

    def everywhere_equal(left, right):
        try:
            equal = left.values == right.values
            return bool(equal.all() if hasattr(equal, "all") else equal)
        except Exception:  # shapes that do not go together
            return False

    def is_exact(gold, predicted):
        if everywhere_equal(gold, predicted):
            return True
        gold, predicted = normal(gold), normal(predicted)
        if gold.shape != predicted.shape:
            return False
        return everywhere_equal(gold.fillna(-99999), predicted.fillna(-99999))

    def is_subset(gold, predicted):
        if gold.empty:
            return False
        left, matched = list(predicted.columns), []
        for name in gold.columns:
            wanted = gold[name].sort_values().reset_index(drop=True)
            for candidate in left:
                values = predicted[candidate].sort_values().reset_index(drop=True)
                try:
                    assert_series_equal(wanted, values, check_dtype=False, check_names=False)
                except AssertionError:
                    continue
                matched.append(candidate)
                left.remove(candidate)
                break
            else:
                return False
        chosen = predicted[matched].rename(columns=dict(zip(matched, gold.columns)))
        try:
            assert_frame_equal(normal(gold), normal(chosen), check_dtype=False)
            return True
        except AssertionError:
            return False

    try:
        predicted = frame(pair["pred"])
        correct = False
        for query in defog_alternatives(pair["gold"]):
            gold = frame(query)
            if is_exact(gold, predicted):
                return True
            correct = correct or is_subset(gold, predicted)
        return correct
    except Exception:  # whatever goes wrong counts as a wrong answer there
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--compare", required=True, choices=["bird_ex", "defog", "spider_ex"])
    parser.add_argument("--pairs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-distinct", action="store_true")
    parser.add_argument("--changes", choices=["result", "text"], default="result")
    parser.add_argument("--reference")
    arguments = parser.parse_args()
    data = os.path.abspath(arguments.data)
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.compare == "defog":
            questions, alternatives, verdict = list(defog_questions(data, scratch)), defog_alternatives, defog_verdict
        else:
            questions, alternatives = list(spider_questions(data)), lambda gold: [gold]
            verdict = bird_verdict if arguments.compare == "bird_ex" else spider_verdict
            if arguments.compare == "spider_ex" and arguments.reference:
                sys.path.insert(0, os.path.abspath(arguments.reference))
                verdict = official_verdict
        pairs = make_pairs(questions, arguments.pairs, arguments.seed, alternatives, arguments.changes == "text")
        lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
        for pair in pairs:
            pair["keep_distinct"] = arguments.keep_distinct
        flags = ["--keep-distinct"] if arguments.keep_distinct else []
        done = subprocess.run([arguments.judge, "--compare", arguments.compare, *flags], input=lines, capture_output=True,
                              text=True, check=True)
        ours = [json.loads(line) for line in done.stdout.splitlines()]
        expected = [verdict(pair) for pair in pairs]
    differing = [i for i, want in enumerate(expected) if want is not None and want != ours[i]["match"]]
    judged = [want for want in expected if want is not None]
    print(f"{arguments.compare}, seed {arguments.seed}: {sum(judged)} of {len(judged)} pairs match, "
          f"{len(differing)} verdicts differ")
    for i in differing[:10]:
        print("  ", json.dumps({**pairs[i], "second": expected[i], **ours[i]}))
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
