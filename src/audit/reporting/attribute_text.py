"""The words for what cases are audited for: each attribute of a policy has its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeWords:
    """How a report calls the cases that are as they should be, and the others."""

    phrase: str  # after "were"
    conforming: str  # one word or two, also as a column heading
    deviating: str


# By the attributes of `audit.policy.rules.OUTCOMES_BY_ATTRIBUTE`.
ATTRIBUTE_WORDS: Final[Mapping[str, AttributeWords]] = {
    "consistency": AttributeWords(
        phrase="consistent with the policy in force", conforming="consistent", deviating="inconsistent"
    ),
    "documentation": AttributeWords(phrase="completely documented", conforming="complete", deviating="incomplete"),
    "recording": AttributeWords(
        phrase="recorded as required", conforming="recorded as required", deviating="not recorded as required"
    ),
    "timeliness": AttributeWords(phrase="timely", conforming="timely", deviating="untimely"),
    "lifting": AttributeWords(
        phrase="lifted as the policy allows",
        conforming="lifted as the policy allows",
        deviating="not lifted as the policy allows",
    ),
}
OUTCOME_WORDS: Final[Mapping[str, str]] = {  # where the outcome's name alone would mislead
    "judgement_required": "left to judgement",
    "undeterminable": "could not be determined",
    "not_applicable": "no rule applies",
    "no_rule": "no rule in force",
}


_OTHER_WORDS = AttributeWords(phrase="as the policy requires", conforming="conforming", deviating="deviating")


def get_attribute_words(attribute: str) -> AttributeWords:
    """The words of an attribute; general ones of one that this version does not know."""
    return ATTRIBUTE_WORDS.get(attribute, _OTHER_WORDS)


def name_outcome(outcome: str, attribute: str) -> str:
    """An outcome in words: that of a case without a rule is never that of a case that could not be determined."""
    words = get_attribute_words(attribute)
    own = {"consistent": words.conforming, "inconsistent": words.deviating}
    return own.get(outcome) or OUTCOME_WORDS.get(outcome) or outcome.replace("_", " ")
