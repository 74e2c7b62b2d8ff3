"""A problem says where, what, and what to do."""

import pickle

from audit.errors import AuditError, ExitCode, Problem


def test_a_problem_names_its_place() -> None:
    problem = Problem(what="is blank", mend="Fill it.", file="a.xlsx", sheet="One", row=1200, column="day")
    assert str(problem) == "a.xlsx, sheet One, row 1,200, column day: is blank. Fill it."
    assert str(Problem(what="No case is left", mend="Check the period.")) == "No case is left. Check the period."


def test_problems_come_together() -> None:
    one = Problem(what="a", mend="b.")
    assert str(AuditError([one, one], code=ExitCode.DATA)) == "a. b.\na. b."
    assert AuditError(one, code=ExitCode.USAGE).problems == (one,)


def test_an_error_reaches_another_process_whole() -> None:
    error = AuditError(Problem(what="is blank", mend="Fill it.", row=3), code=ExitCode.DATA)
    other = pickle.loads(pickle.dumps(error))
    assert (type(other), other.problems, other.code, str(other)) == (AuditError, error.problems, error.code, str(error))
