#!/usr/bin/env python3
"""Values that tests/suites/retrieval_test.cc expects, from outside implementations: prints them.

BM25 is SQLite's (FTS5's bm25(), https://www.sqlite.org/fts5.html#the_bm25_function, k1 = 1.2, b = 0.75) for one word at a
time. Its weight of a word is ln((N - n + 0.5) / (n + 0.5)), which is negative for a word in more than half of the texts;
Lucene's, which assay takes, adds 1 to the quotient: the values are multiplied by the quotient of the two weights, and
those of a question's words added. Cosines are those of exact sums, of vectors that the test makes in the same way.
"""
import fractions
import math
import re
import sqlite3
import struct

TEXTS = ["The refund takes five days. A refund needs an invoice.",
         "Parcels ship within two days; ship abroad costs more.",
         "Reset your password in the account page.",
         "Der Rückversand ist kostenlos: Päckchen zurück.",
         "Nothing else.", "An order has a number.", "Returns are free within thirty days of a refund."]
QUESTIONS = ["How many days does a refund take? refund", "päckchen RÜCKVERSAND", "nothing here matches xyz", "ship"]


def words(text):
    return re.findall(r"[^\W_]+", text.lower())


def bm25():
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE texts USING fts5(body, tokenize = \"unicode61 remove_diacritics 0\")")
    base.executemany("INSERT INTO texts(rowid, body) VALUES (?, ?)", enumerate(TEXTS))
    for question in QUESTIONS:
        scores = [0.0] * len(TEXTS)
        for word in words(question):
            having = sum(word in words(text) for text in TEXTS)
            if having == 0:
                continue
            quotient = (len(TEXTS) - having + 0.5) / (having + 0.5)
            for row, score in base.execute("SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?", (f'"{word}"',)):
                scores[row] += -score / math.log(quotient) * math.log(1 + quotient)
        print(repr(question), [float(f"{score:.15g}") for score in scores])


def cosines():
    """Exact sums of the products of the numbers that a float holds; only the roots are rounded."""
    size, count = 37, 5
    as_float = lambda value: fractions.Fraction(struct.unpack("f", struct.pack("f", value))[0])
    values = [[as_float(((i * 7919 + j * 104729) % 1009) / 504.5 - 1) for j in range(size)] for i in range(count + 1)]
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    question = values[count]
    for row in values[:count]:
        print(float(f"{float(dot(row, question)) / math.sqrt(dot(row, row)) / math.sqrt(dot(question, question)):.12g}"))


bm25()
cosines()
