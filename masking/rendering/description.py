"""How a renderer names itself to people."""

from __future__ import annotations

from masking.core.config.options import RenderingOptions


def described(name: str, options: RenderingOptions) -> str:
    """`name`, and every option that changes the picture and is not the default, as `OVERDRAW = no`."""
    changes = []
    for key in ("color", "overdraw", "background"):
        value = getattr(options, key)
        if value != RenderingOptions.model_fields[key].default:
            changes.append(f"{key.upper()} = {value if isinstance(value, str) else 'yes' if value else 'no'}")
    return f"{name} ({'; '.join(changes)})" if changes else name
