"""The commands, one file each: its name, `add_parser`, `run`."""

from __future__ import annotations

COMMANDS = {
    "prepare": "masking.commands.prepare",
    "mask": "masking.commands.mask",
    "dry-run": "masking.commands.dry_run",
    "reidentify": "masking.commands.reidentify",
    "pairs": "masking.commands.pairs",
    "audit": "masking.commands.audit",
    "doctor": "masking.commands.doctor",
    "write-config": "masking.commands.write_config",
    "completion": "masking.commands.completion",
}
"""Modules by the command's name, in the order of --help. Each has SUMMARY, a line, `add_options(parser)` and
`run(options)`.
"""
