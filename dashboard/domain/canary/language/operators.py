"""The operators of conditions and how strongly they bind (expr 1.17, `parser/operator`)."""

#: How strongly an operator between two terms binds.
BINARY = {
    **dict.fromkeys(("or", "||"), 10),
    **dict.fromkeys(("and", "&&"), 15),
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<="), 20),
    **dict.fromkeys(("in", "matches", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    **dict.fromkeys(("+", "-"), 30),
    **dict.fromkeys(("*", "/", "%"), 60),
    **dict.fromkeys(("**", "^"), 100),
    "??": 500,
    "|": 0,
}
#: How strongly what stands after an operator before a term is bound to it.
UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
RIGHT_ASSOCIATIVE = {"**", "^"}
#: What may be chained: `1 < x < 3`.
COMPARISONS = {"<", ">", ">=", "<="}
#: `x not in y` is written so.
NEGATED_BY_NOT = {"in", "matches", "contains", "startsWith", "endsWith"}
#: Operators with two spellings, by the one that the tree does not use.
ONE_SPELLING = {"and": "&&", "or": "||", "not": "!", "^": "**"}
#: Functions over a collection, and how many arguments they may have: the collection and a predicate.
LOOPS = {
    **dict.fromkeys(("all", "none", "any", "one", "filter", "map"), (2,)),
    **dict.fromkeys(("find", "findIndex", "findLast", "findLastIndex"), (2,)),
    **dict.fromkeys(("count", "sum"), (1, 2)),
}
#: Functions over a collection that are not replayed.
UNREAD_LOOPS = {"groupBy", "sortBy", "reduce"}
