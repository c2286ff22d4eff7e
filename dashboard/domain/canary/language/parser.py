"""The parser of conditions: the operators bind as in expr-lang/expr 1.17 (`parser/operator`)."""

from dashboard.domain.canary.language.faults import CannotReplayError, ConditionFaultError
from dashboard.domain.canary.language.lexer import Token, TokenKind, tokens
from dashboard.domain.canary.language.number_literal import number_of
from dashboard.domain.canary.language.operators import (
    BINARY,
    COMPARISONS,
    LOOPS,
    NEGATED_BY_NOT,
    ONE_SPELLING,
    RIGHT_ASSOCIATIVE,
    UNARY,
    UNREAD_LOOPS,
)
from dashboard.domain.canary.language.syntax import (
    Array,
    Binary,
    Call,
    Chain,
    Literal,
    Loop,
    Member,
    Method,
    Name,
    Node,
    Pointer,
    Slice,
    Ternary,
    Unary,
    children,
)

#: Levels of nesting that are followed; conditions that people write need ten.
DEEPEST = 60
#: Terms of a condition. The middle of `a < b < c` counts twice, as it is evaluated twice.
MOST_NODES = 10_000
_CONSTANTS = {"true": True, "false": False, "nil": None}


def parse(source: str) -> Node:
    """The tree of the condition `source`.

    Raises:
        ConditionFaultError: Argo would not compile it.
        CannotReplayError: it uses a part of the language that is not read here, or is nested too deep.
    """
    parser = _Parser(tokens(source))
    tree = parser.expression(0)
    parser.finish()
    _require_small(tree)
    return tree


def _require_small(tree: Node) -> None:
    """Refuse what would be walked too deep or too long; without recursion, since it may be both."""
    seen, left = 0, [(tree, 1)]
    while left:
        node, level = left.pop()
        seen += 1
        if level > DEEPEST * 2 or seen > MOST_NODES:
            raise CannotReplayError(
                f"the condition has more than {DEEPEST * 2} levels or {MOST_NODES:,} terms"
            )
        left += [(child, level + 1) for child in children(node)]


class _Parser:
    """A precedence climber over the tokens."""

    def __init__(self, found: tuple[Token, ...]) -> None:
        self._tokens = found
        self._at = 0
        self._nesting = 0
        self._predicates = 0

    def finish(self) -> None:
        if self._is(";"):
            raise CannotReplayError("a sequence of expressions (;) is not replayed")
        if self._now.kind is not TokenKind.END:
            raise self._unexpected()

    def expression(self, precedence: int) -> Node:
        """What stands here, as far as operators bind at least as strongly as `precedence`."""
        self._nesting += 1
        if self._nesting > DEEPEST:
            raise CannotReplayError(f"the condition nests more than {DEEPEST} levels")
        if precedence == 0 and (self._is("let") or self._is("if")):
            raise CannotReplayError(f"{self._now.text!r} is not replayed")
        left = self._operators(self._primary(), precedence)
        if precedence == 0:
            left = self._ternary(left)
        self._nesting -= 1
        return left

    def _operators(self, left: Node, precedence: int) -> Node:
        previous = ""
        while self._now.kind is TokenKind.OPERATOR:
            negated = self._is("not")
            operator = self._tokens[self._at + 1] if negated else self._now
            if negated and operator.text not in NEGATED_BY_NOT:
                raise self._unexpected(operator)
            strength = BINARY.get(operator.text)
            if strength is None or strength < precedence:
                break
            self._at += 2 if negated else 1
            left = self._binary(left, operator, strength, previous)
            if negated:
                left = Unary(operator="!", operand=left)
            previous = operator.text
        return left

    def _binary(self, left: Node, operator: Token, strength: int, previous: str) -> Node:
        if operator.text == "|":
            name = self._take()
            if name.kind is not TokenKind.NAME:
                raise self._unexpected(name)
            return self._call(name.text, (left,))
        if previous == "??" and operator.text != "??":
            raise ConditionFaultError(
                f"?? and {operator} cannot be mixed without brackets around one of them"
            )
        if operator.text in COMPARISONS:
            return self._comparison(left, operator.text, strength)
        right = self.expression(strength if operator.text in RIGHT_ASSOCIATIVE else strength + 1)
        return _operation(operator.text, left, right)

    def _comparison(self, left: Node, operator: str, strength: int) -> Node:
        """`a < b < c` is `a < b && b < c`."""
        whole: Node | None = None
        while True:
            right = self.expression(strength + 1)
            pair = _operation(operator, left, right)
            whole = pair if whole is None else _operation("&&", whole, pair)
            if self._now.kind is not TokenKind.OPERATOR or self._now.text not in COMPARISONS:
                return whole
            operator, left = self._take().text, right

    def _ternary(self, condition: Node) -> Node:
        while self._is("?"):
            self._at += 1
            then = condition if self._is(":") else self.expression(0)
            self._expect(":")
            condition = Ternary(condition=condition, then=then, otherwise=self.expression(0))
        return condition

    def _primary(self) -> Node:
        token = self._now
        if token.kind is TokenKind.OPERATOR and token.text in UNARY:
            self._at += 1
            operand = self.expression(UNARY[token.text])
            return self._postfix(Unary(operator=ONE_SPELLING.get(token.text, token.text), operand=operand))
        if self._is("("):
            self._at += 1
            inner = self.expression(0)
            if self._is(";"):
                raise CannotReplayError("a sequence of expressions (;) is not replayed")
            self._expect(")")
            return self._postfix(inner)
        if self._predicates and (self._is("#") or self._is(".")):
            return self._postfix(self._pointer())
        if self._is("::"):
            raise CannotReplayError("'::' is not replayed")
        return self._operand()

    def _pointer(self) -> Node:
        if self._is("."):  # `.name` is `#.name`
            return Pointer()
        self._at += 1
        return Pointer(name=self._take().text) if self._now.kind is TokenKind.NAME else Pointer()

    def _operand(self) -> Node:
        token = self._take()
        match token.kind:
            case TokenKind.NAME if token.text in _CONSTANTS:
                return Literal(value=_CONSTANTS[token.text])
            case TokenKind.NAME if self._is("("):
                return self._postfix(self._call(token.text, ()))
            case TokenKind.NAME:
                return self._postfix(Name(name=token.text))
            case TokenKind.NUMBER:
                return Literal(value=number_of(token))
            case TokenKind.TEXT:
                return self._postfix(Literal(value=token.text))
            case TokenKind.BRACKET if token.text == "[":
                return self._postfix(Array(items=self._list("]")))
            case TokenKind.BRACKET if token.text == "{":
                raise CannotReplayError("a map ({…}) is not replayed")
            case _:
                raise self._unexpected(token)

    def _call(self, name: str, piped: tuple[Node, ...]) -> Node:
        self._expect("(")
        if name in UNREAD_LOOPS:
            raise CannotReplayError(f"the function {name} is not replayed")
        if name not in LOOPS:
            return Call(function=name, arguments=(*piped, *self._list(")")))
        items = piped[0] if piped else self.expression(0)
        wanted = LOOPS[name]
        predicate = None
        if not (self._is(")") and 1 in wanted):
            if not piped:
                self._expect(",")
            predicate = self._predicate()
        if self._is(","):
            self._at += 1
        self._expect(")")
        return Loop(function=name, items=items, predicate=predicate)

    def _predicate(self) -> Node:
        self._predicates += 1
        if self._is("{"):
            self._at += 1
            inner = self.expression(0)
            if self._is(";"):
                raise CannotReplayError("a sequence of expressions (;) is not replayed")
            self._expect("}")
        else:
            inner = self.expression(0)
        self._predicates -= 1
        return inner

    def _list(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._is(closing):
            if items:
                self._expect(",")
                if self._is(closing):
                    break
            items.append(self.expression(0))
        self._at += 1
        return tuple(items)

    def _postfix(self, node: Node) -> Node:
        while self._is(".") or self._is("?.") or self._is("["):
            optional = self._take().text
            bracket = optional == "[" or self._is("[")
            if optional == "?." and bracket:
                self._at += 1
            node = self._index(node, optional == "?.") if bracket else self._field(node, optional == "?.")
        return node

    def _field(self, node: Node, optional: bool) -> Node:  # noqa: FBT001 - one of two callers' plain facts
        name = self._take()
        word = name.kind is TokenKind.OPERATOR and name.text.isalpha()
        if name.kind is not TokenKind.NAME and not word:
            raise self._unexpected(name)
        chained = isinstance(node, Chain)
        base = node.inner if isinstance(node, Chain) else node
        found: Node = Member(base=base, key=Literal(value=name.text), optional=optional)
        if self._is("("):
            self._at += 1
            self._list(")")
            found = Method(base=base, name=name.text)
        return Chain(inner=found) if chained or optional else found

    def _index(self, node: Node, optional: bool) -> Node:  # noqa: FBT001 - ditto
        start = None if self._is(":") else self.expression(0)
        if start is None or self._is(":"):
            self._expect(":")
            stop = None if self._is("]") else self.expression(0)
            self._expect("]")
            return Slice(base=node, start=start, stop=stop)
        self._expect("]")
        found = Member(base=node, key=start, optional=optional)
        return Chain(inner=found) if optional else found

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _is(self, text: str) -> bool:
        return self._now.text == text and self._now.kind in {TokenKind.OPERATOR, TokenKind.BRACKET}

    def _take(self) -> Token:
        token = self._now
        if token.kind is not TokenKind.END:
            self._at += 1
        return token

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise ConditionFaultError(f"found {self._now}, expected {text}")
        self._at += 1

    def _unexpected(self, token: Token | None = None) -> ConditionFaultError:
        found = token or self._now
        if found.kind is TokenKind.END:
            return ConditionFaultError("found the end, expected a value")
        return ConditionFaultError(f"found {found}, which does not belong there")


def _operation(operator: str, left: Node, right: Node) -> Node:
    return Binary(operator=ONE_SPELLING.get(operator, operator), left=left, right=right)
