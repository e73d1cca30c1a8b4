"""The textbook of `kneser_ney`: in dictionaries, one character and one context at a time. Read this
first; the fast code beside it is tested to agree with it to 1e-12.

Interpolated modified Kneser-Ney: Chen & Goodman (1999), An empirical study of smoothing techniques
for language modeling. A text is any sequence of characters; V is how many different ones there are.
"""

from collections import Counter, defaultdict


def count(text, order):
    """For each length of context a table: context, then character, then n(context, character)."""
    tables = []
    for length in range(order):
        places = range(length, len(text))
        grams = Counter(tuple(text[i - length : i + 1]) for i in places)
        if length < order - 1:  # not how often, but after how many different characters, or none
            before = {tuple(text[max(i - length - 1, 0) : i + 1]) for i in places}
            grams = Counter(gram[-length - 1 :] for gram in before)
        table = defaultdict(dict)
        for gram, n in grams.items():
            table[gram[:-1]][gram[-1]] = n
        tables.append(table)
    return tables


def discounts(table):
    """D of counts of 0, 1, 2 and more: what such counts are too large by."""
    counts = [n for after in table.values() for n in after.values()]
    n1, n2, n3, n4 = (counts.count(r) + 1 / r for r in (1, 2, 3, 4))
    Y = n1 / (n1 + 2 * n2)
    D1, D2, D3 = Y, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    D2 = min(max(D2, D1), D1 + 1)  # a larger count loses no less, and keeps no less
    D3 = min(max(D3, D2), D2 + 1)
    return 0, D1, D2, D3


def probability(c, context, tables, V):
    """p(c | context), of which the last characters matter, as many as were counted together."""
    p = 1 / V
    for length in range(min(len(tables), len(context) + 1)):
        after = tables[length].get(tuple(context[len(context) - length :]))
        if after:
            D, n = discounts(tables[length]), after.get(c, 0)
            taken = sum(D[min(m, 3)] for m in after.values())
            p = (n - D[min(n, 3)] + taken * p) / sum(after.values())
    return p
