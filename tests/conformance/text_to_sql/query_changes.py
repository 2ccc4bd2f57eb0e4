"""Seeded changes of a query's text, of the kinds that spider/PROVENANCE.md names for the published pairs: columns
permuted, dropped, doubled, cast, NULL; rows doubled, filtered, limited; DISTINCT and ORDER BY added, removed, flipped;
aggregates swapped; another question's query. Some do not parse afterwards: judges must cope with that as well.
"""
import re

AGGREGATES = ("count", "sum", "avg", "min", "max")


def select_list(sql):
    """The first SELECT's head, its columns and the rest; None where it has no FROM outside of parentheses."""
    match = re.match(r"\s*select\s+(distinct\s+)?", sql, re.IGNORECASE)
    if not match:
        return None
    depth, columns, begin, quote = 0, [], match.end(), ""
    for at in range(match.end(), len(sql)):
        c = sql[at]
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"`":
            quote = c
        elif c in "()":
            depth += 1 if c == "(" else -1
        elif depth == 0 and c == ",":
            columns.append(sql[begin:at].strip())
            begin = at + 1
        elif depth == 0 and re.match(r"\sfrom\s", sql[at:at + 6], re.IGNORECASE):
            columns.append(sql[begin:at].strip())
            return sql[:match.end()], columns, sql[at:]
    return None


def with_columns(sql, change):
    parts = select_list(sql)
    if parts is None:
        return sql
    head, columns, rest = parts
    return head + ", ".join(change(columns[:])) + rest


def replace_one(columns, rng, form):
    at = rng.randrange(len(columns))
    columns[at] = form.format(columns[at])
    return columns


def nested(sql):
    return f"SELECT * FROM ({sql})"


def change(rng, sql, others):
    """One change of `sql`; `others` are queries of the same database."""
    def shuffled(columns):
        rng.shuffle(columns)
        return columns

    def dropped(columns):
        columns.pop(rng.randrange(len(columns)))
        return columns or ["1"]

    def swapped(match):
        return rng.choice([name for name in AGGREGATES if name != match.group(1).lower()]) + match.group(2)

    def flipped(text):
        if re.search(r"\bdesc\b", text, re.IGNORECASE):
            return re.sub(r"\bdesc\b", "ASC", text, flags=re.IGNORECASE)
        return re.sub(r"\basc\b", "DESC", text, flags=re.IGNORECASE)

    kinds = {
        "perm": lambda: with_columns(sql, shuffled),
        "drop": lambda: with_columns(sql, dropped),
        "dupcol": lambda: with_columns(sql, lambda columns: columns + [rng.choice(columns)]),
        "text": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "CAST({} AS TEXT)")),
        "real": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "({})*1.0")),
        "round": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "round({}, 2)")),
        "concat0": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "({}) || ''")),
        "null": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "NULL")),
        "nullif": lambda: with_columns(sql, lambda columns: replace_one(columns, rng, "nullif({}, 1)")),
        "dup": lambda: f"{nested(sql)} UNION ALL {nested(sql)}",
        "union": lambda: f"{nested(sql)} UNION {nested(sql)}",
        "nullify": lambda: f"{nested(sql)} UNION ALL SELECT * FROM ({nested(sql)} LIMIT 1)",
        "empty": lambda: f"{nested(sql)} WHERE 0",
        "alias": lambda: f"{nested(sql)} AS t",
        "limit": lambda: f"{sql} LIMIT {rng.choice([0, 1, 2, 10])}",
        "order": lambda: f"{nested(sql)} ORDER BY {rng.randint(1, 3)}{rng.choice(['', ' DESC'])}",
        "noorder": lambda: re.sub(r"\border\s+by\b.*$", "", sql, flags=re.IGNORECASE | re.DOTALL),
        "flip": lambda: flipped(sql),
        "distinct": lambda: re.sub(r"^\s*select\s+(?!distinct)", "SELECT DISTINCT ", sql, count=1, flags=re.IGNORECASE),
        "nodistinct": lambda: re.sub(r"\bdistinct\s+", "", sql, flags=re.IGNORECASE),
        "swapagg": lambda: re.sub(r"\b(" + "|".join(AGGREGATES) + r")(\s*\()", swapped, sql, count=1, flags=re.IGNORECASE),
        "case": lambda: sql.lower() if rng.random() < 0.5 else sql.upper(),
        "spaces": lambda: sql.replace(">=", "> =").replace("<=", "< =").replace("!=", "! ="),
        "comment": lambda: f"{sql.rstrip().rstrip(';')} -- order by 1",
        "other": lambda: rng.choice(others),
    }
    return kinds[rng.choice(sorted(kinds))]()
