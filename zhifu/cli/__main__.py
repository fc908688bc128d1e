"""``python -m zhifu.cli`` is ``zhifu``."""

from zhifu.cli.entry import main

main()
