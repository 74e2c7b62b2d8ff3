"""The verbs of the command line, and the examples in the help of each."""

from collections.abc import Iterator

from cyclopts import App

from audit.cli import app


def list_verbs(within: App = app, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], App]]:
    """Every verb, by the words that call it; those of a group after the words of the group."""
    for name in within:
        if name not in (*within.help_flags, *within.version_flags):
            verb = within[name]
            inner = [*list_verbs(verb, (*before, name))]
            yield from inner or [((*before, name), verb)]


def list_examples() -> list[str]:
    """Every line of help that begins with the name of the program."""
    return [example for _, verb in list_verbs() for example in read_examples(verb)]


def read_examples(verb: App) -> list[str]:
    """The examples of one verb."""
    return [line.strip() for line in (verb.help or "").splitlines() if line.strip().startswith("audit ")]
