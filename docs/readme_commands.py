"""Print the commands of a Markdown file's ```bash blocks, in their order, so that CI can run them as they stand."""

from __future__ import annotations

import re
import sys
from pathlib import Path

BASH_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> int:
    """Print the commands of the files that the command line names."""
    for name in sys.argv[1:]:
        for block in BASH_BLOCK.findall(Path(name).read_text(encoding="utf-8")):
            print(block, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
