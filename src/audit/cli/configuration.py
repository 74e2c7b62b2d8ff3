"""Options that are not on the command line: environment variables named AUDIT_…, and the file audit.toml."""

from collections.abc import Collection
from typing import Any

from cyclopts import App, ArgumentCollection, CycloptsError
from cyclopts.config import Dict, Env, Toml

CONFIGURATION_FILE = "audit.toml"

read_environment = Env("AUDIT_", command=False, show=False)  # the help names the pattern once, not at every option
_file = Toml(CONFIGURATION_FILE)  # of the folder that a command runs in


class FileOptions:
    """The options in audit.toml: those before the first table are for every verb, a table's for the verb it names."""

    def __init__(self, common: Collection[str]) -> None:
        self.common = common  # names of the options that every verb of tables has

    def __call__(self, app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        """Give each option that was set nowhere else the value it has in the file."""
        _file(app, commands, arguments)
        common = {name: value for name, value in _file.config.items() if not isinstance(value, dict)}
        if unknown := [name for name in common if name.replace("-", "_") not in self.common]:
            names = ", ".join(sorted(self.common))
            raise CycloptsError(
                msg=f"{CONFIGURATION_FILE}: no option of every verb is named {unknown[0]}. Name one of {names}; or "
                "write it below the name of its verb, as [run]."
            )
        # A verb that reads no tables has not all of them.
        options: Any = Dict(data=common, source=CONFIGURATION_FILE, allow_unknown=True)
        options(app, (), arguments)
