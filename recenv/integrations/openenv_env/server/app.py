"""The server of the OpenEnv environment. ``RECENV_OPTIONS``: options of ``recenv.make`` as JSON; ``PORT``: where to listen."""

from __future__ import annotations

import os

from recenv.integrations.openenv import app

__all__ = ["app", "main"]


def main(host: str = "0.0.0.0", port: int = 8000) -> None:
    """Serve until interrupted."""
    import uvicorn

    uvicorn.run(app, host=host, port=int(os.environ.get("PORT", port)))


if __name__ == "__main__":
    main()
