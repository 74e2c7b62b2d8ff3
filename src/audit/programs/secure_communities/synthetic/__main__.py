"""The generator at a prompt: `python -m audit.programs.secure_communities.synthetic FOLDER`."""

import argparse
from pathlib import Path

from audit.programs.secure_communities.synthetic import write_sample, write_year


def main() -> None:
    """Write the year's tables, or with --sample the audited cases only, into a folder."""
    parser = argparse.ArgumentParser(description="Write the reference program's synthetic tables.")
    parser.add_argument("folder", type=Path, help="folder to write into")
    parser.add_argument(
        "--sample", action="store_true", help="the 766 audited cases and their persons as CSV, instead of the year"
    )
    arguments = parser.parse_args()
    (write_sample if arguments.sample else write_year)(arguments.folder)


if __name__ == "__main__":
    main()
