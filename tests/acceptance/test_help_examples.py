"""Every example in the help of a verb is executed, on a tenth of the reference program’s year, where it makes sense."""

import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audit.workflow import program_data
from tests.conftest import PROJECT, PSEUDONYM_KEY, run, tool
from tests.help_examples import list_examples
from tests.tenth import Tenth

if TYPE_CHECKING:
    from audit.workflow.program_data import ProgramData

PROGRAM = "secure_communities"
# What goes before: by the name of a state, the state before it and the verbs that lead from there.
STATES = {
    "scoped": ("", ["scope {}"]),
    "planned": ("scoped", ["plan {} --size 766 --spares 20"]),
    "drawn": ("planned", ["draw {}"]),
    "drawn too small": ("scoped", ["plan {} --size 300", "draw {}", "plan {} --size 766"]),
    "assessed": ("drawn", ["assess {}"]),
    "second": ("assessed", ['review second {} --seed "dice 2 6 1" --seed-source "dice"']),
    "settled": ("assessed", ["settle {}"]),
    "papers": ("settled", ['workpapers {} --slips "none"']),
    "published": ("settled", ["run {} --month 2011-09 --packets"]),
    "issued": ("published", ['issue {} --month 2011-09 --by "Deputy Assistant Director" --key signer_ed25519']),
}
# The state that an example needs: the first of these that begins it.
NEEDS = {
    "audit plan": "scoped",
    "audit draw secure_communities --extend": "drawn too small",
    "audit draw": "planned",
    "audit redraw secure_communities --manifest": "published",
    "audit report secure_communities --style full": "published",
    "audit redraw": "drawn",
    "audit replace": "drawn",
    "audit assess": "drawn",
    "audit settle": "assessed",
    "audit estimate": "settled",
    "audit workpapers": "settled",
    "audit assemble": "settled",
    "audit reperform": "papers",
    "audit issue": "published",
    "audit verify": "issued",
    "audit purge": "issued",
    "audit returns": "published",
    "audit identify": "published",
    'audit review export secure_communities --by "Auditor B"': "second",
    'audit review export secure_communities --by "Audit manager"': "second",
    "audit review": "assessed",
    "": "",
}
# What people have not done here: the verb works as far as to say so.
REFUSALS = {
    'audit review export secure_communities --by "Audit manager"': "nothing to review in this phase",
    "audit review import secure_communities worksheet.xlsx": "not answered",
    "audit review sign": "not reviewed",
    "audit issue secure_communities --report": "views of the responsible officials",
    "audit purge": "does not say how long cases are kept",
}
FILES = {
    "key.txt": f"{PSEUDONYM_KEY}\n",
    "reviews.csv": "match_id,attribute,outcome,reason\n",
    "settled.csv": "case,outcome,decided,reason\n",
    "reply.txt": "The office reviewed 12 cases.\n",
    "facts.csv": "id,value,unit,noun,as_of,source\nreviewed,12,,cases reviewed,,\n",
    "report.html": "<p>Of 12 cases</p>",
    "report.json": '{"schema": "audit-report/1", "cases_drawn": 12}\n',
}
ELSEWHERE = ("spark://", "CACHE_FOLDER", "segregation_reports")  # a cluster, and files that do not ship
LONG = ("--since", "--catch-up")  # months of reports; tests/acceptance/test_secure_communities.py makes them
EXAMPLES = [one for one in list_examples() if not any(word in one for word in (*ELSEWHERE, *LONG))]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, tenth: Tenth) -> Callable[[str], Path]:
    """The folder of each state, made when it is first needed."""
    made: dict[str, Path] = {}

    def make(state: str) -> Path:
        if state in made:
            return made[state]
        folder = tmp_path_factory.mktemp(state or "begin") / "here"
        if state:
            before, commands = STATES[state]
            shutil.copytree(make(before), folder, symlinks=True)
            for command in commands:
                answer = run(folder, *shlex.split(command.format(PROGRAM)))
                assert answer.code == 0, answer.err
        else:
            (folder / "data" / "generated").mkdir(parents=True)
            (folder / "data" / "generated" / PROGRAM).symlink_to(tenth.data)
            (folder / "FOLDER").symlink_to(tenth.data)
            (folder / "expectations").symlink_to(PROJECT / "expectations")
            _make_signer(folder)
        made[state] = folder
        return folder

    return make


@pytest.mark.usefixtures("formless", "formless_packets")
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_works(
    example: str,
    stand: Callable[[str], Path],
    tenth: Tenth,
    tenth_work: "ProgramData",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read_tenth(name: str, *, tell: Any, confirm: bool = False, **_: Any) -> "ProgramData":
        return replace(tenth_work, tell=tell, confirm=confirm)

    monkeypatch.setattr(program_data, "read_program_data", read_tenth)
    tenth.stand_in(monkeypatch)
    folder = tmp_path / "here"
    shutil.copytree(stand(_find_by_beginning(NEEDS, example)), folder, symlinks=True)
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    if "worksheet.xlsx" in example:
        exported = run(folder, "review", "export", PROGRAM, "--by", "Auditor A", "--json").json["worksheet"]
        shutil.copy(folder / exported, folder / "worksheet.xlsx")
    for name in (one for one in ("NYC.xlsx", "ATL.xlsx", "worklist.xlsx") if one in example):
        office = "NYC" if name == "worklist.xlsx" else name[:3]
        shutil.copy(folder / "reports" / PROGRAM / "2011-09" / "packets" / office / "worklist.xlsx", folder / name)
    if "claims.csv" in example:
        assert run(folder, "returns", PROGRAM, "reports/secure_communities/2011-09/packets/NYC/worklist.xlsx").code == 0
    if example == f"audit data {PROGRAM}":
        (folder / "data" / "generated" / PROGRAM).unlink()
    answer = run(folder, *shlex.split(example)[1:])
    refusal = "" if "--accept" in example else _find_by_beginning({**REFUSALS, "": ""}, example)
    assert (answer.code == 0) == (not refusal), answer.err
    assert refusal in answer.err


def _make_signer(folder: Path) -> None:
    """A signer's key, and the list of allowed signers that names it."""
    keygen, key = tool("ssh-keygen", package="openssh-client"), folder / "signer_ed25519"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text(encoding="utf-8")
    (folder / "allowed_signers").write_text(f'signer@example namespaces="audit" {public}', encoding="utf-8")


def _find_by_beginning(table: dict[str, str], text: str) -> str:
    return next(value for beginning, value in table.items() if text.startswith(beginning))
