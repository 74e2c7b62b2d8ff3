"""The labels of a figure that has little room: shortened where they must be, and never until two are alike."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import takewhile

Shorten = Callable[[str], str]  # a text as far as it has room


def fit_labels(names: Mapping[str, str], shorten: Shorten) -> dict[str, str]:
    """A label for each of the `names`, by its code: the name as far as `shorten` has room for it.

    Where two would be alike but for a word that is cut, the words are left out with which all of them begin; where that
    does not tell them apart either, the code stands for the name.
    """
    labels = {code: shorten(name) for code, name in names.items()}
    for codes in _list_alike({code: _list_whole_words(label) for code, label in labels.items()}):
        beginning = len(_find_common_words([names[code].split() for code in codes]))
        labels |= {code: shorten("…" + " ".join(names[code].split()[beginning:])) for code in codes}
    return labels | {code: shorten(code) for codes in _list_alike(labels) for code in codes}


def _list_whole_words(label: str) -> tuple[str, ...]:
    """The words of a label, without the one that is cut, unless there is no other."""
    words = tuple(label.split())
    return words[:-1] if label.endswith("…") and len(words) > 1 else words


def _list_alike(labels: Mapping[str, Hashable]) -> list[list[str]]:
    """The codes whose labels are alike, together."""
    codes_by_label: dict[Hashable, list[str]] = defaultdict(list)
    for code, label in labels.items():
        codes_by_label[label].append(code)
    return [codes for codes in codes_by_label.values() if len(codes) > 1]


def _find_common_words(texts: Sequence[Sequence[str]]) -> list[str]:
    """The words with which all texts begin."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))]
