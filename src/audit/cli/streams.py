"""Standard output and error as they are: a console that cannot print a sign, and a pipe that nobody reads any more."""

import codecs
import os
import sys
import unicodedata

ERRORS = "audit-substitute"  # name under which Python knows the substitution below
CLOSED_PIPE = 141  # how a shell reports a program that a closed pipe ended: 128 + SIGPIPE
SUBSTITUTES = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
    **dict.fromkeys("\u2022\u25cf\u25c6\u25a0", "*"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
    **{"…": "...", "→": "->", "≤": "<=", "≥": ">=", "×": "x", "±": "+/-", "§": "sec.", "ß": "ss"},
    **{"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe"},
}


def prepare_streams() -> None:
    """Let standard output and error print a like sign, or `?`, for one that their encoding has not."""
    codecs.register_error(ERRORS, substitute_signs)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what stands in for it in a notebook or a test may not have it
            stream.reconfigure(errors=ERRORS)


def substitute_signs(error: UnicodeError) -> tuple[str, int]:
    """Signs that an encoding has not, as those of ASCII that are most like them; the rest as question marks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_substitute_sign, error.object[error.start : error.end])), error.end


def _substitute_sign(sign: str) -> str:
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return SUBSTITUTES.get(sign) or plain or ("" if unicodedata.combining(sign) else "?")


def is_unicode_output() -> bool:
    """Whether standard output can print every sign; where it cannot, JSON has escapes instead."""
    return (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")


def flush_output() -> None:
    """Write what is still to be written. BrokenPipeError where nobody reads it."""
    sys.stdout.flush()


def leave_closed_pipe() -> int:
    """End without a word where nobody reads any more; what is left to write goes nowhere. The exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
    return CLOSED_PIPE
