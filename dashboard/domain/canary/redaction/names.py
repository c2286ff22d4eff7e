"""Which names tell of a secret: `api-token`, `dbPassword`; but not `max-tokens`, `partition-key`."""

import re

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Words that tell of a secret wherever they stand in a name, also grown together with another one.
STRONG = (
    r"tokens?(?![a-z])|passw(?:or)?d|pass[-_.]?(?:phrase|code)|secret|creds?(?![a-z])|credential|web[-_.]?hook"
    r"|(?:api|app|access|private|signing|encryption|client|account|master)[-_.]?keys?(?![a-z])"
)
#: Words that tell of one when they stand by themselves.
WEAK = (
    r"pass|pwd?|auth|authentication|oauth2?|basic[-_.]?auth|bearer|signature|sig|pat|jwt|dsn|session[-_.]?id"
    r"|sid|sas|otp|pin|hmac|salt|connection[-_.]?string"
)
HEADERS = r"authorization|cookies?"
_TELLING = re.compile(
    rf"{STRONG}|(?:^|[-_.])(?:{WEAK}|{HEADERS})(?:$|[-_.])|(?:^|[-_.])keys?$", re.IGNORECASE
)
_STRONG_END = re.compile(rf"(?:{STRONG})$", re.IGNORECASE)
#: `auth-service` is a service, `auth-slo` a target, and keys of tables, topics and metrics open no door.
_OF_SOMETHING_ELSE = re.compile(
    r"(?:^|[-_.])(?:service|slo|mode|name|host|method|type|enabled|path|namespace|endpoint)$"
    r"|(?:^|[-_.])(?:metric|kafka|primary|foreign|partition|cache|sort|routing|row|public|label|group|shard|hash"
    r"|join|map)[-_.]?keys?$",
    re.IGNORECASE,
)
#: `max-tokens: 4k` is how many there are.
_AMOUNT_NAME = re.compile(
    r"(?:^|[-_.])(?:max|min|limit|count|rate|ttl|age|timeout|threshold|budget|per|size|length|tokens)(?:$|[-_.])",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"[-+]?\d{1,9}(?:\.\d{1,9})?[a-zA-Z%]{0,2}")
#: What says nothing of a secret whatever it is called: a number, a flag, nothing at all.
_PLAIN = re.compile(
    r"[-+]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:e[-+]?\d{1,4})?%?|true|false|null|none|nil|nan|[-+]?inf|\*+|",
    re.IGNORECASE,
)


def is_telling_name(name: str) -> bool:
    """Whether an argument that is called `name` holds a secret, by its name."""
    words = _CAMEL.sub("-", name)
    return _TELLING.search(words) is not None and _OF_SOMETHING_ELSE.search(words) is None


def is_telling_field(name: str) -> bool:
    """Whether a field of an object that is called `name` does: `clientSecret`, but not `secretName`."""
    return _STRONG_END.search(name) is not None


def is_plain(value: str) -> bool:
    """Whether `value` is a number or a flag, which is no secret unless a Secret is where it comes from."""
    return _PLAIN.fullmatch(value.strip()) is not None


def is_amount(name: str, value: str) -> bool:
    """Whether `value` is how many or how long something called `name` is."""
    found = _AMOUNT_NAME.search(_CAMEL.sub("-", name)) is not None
    return found and _AMOUNT.fullmatch(value.strip()) is not None
