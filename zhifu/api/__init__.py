"""The HTTP API that `zhifu serve` offers; `zhifu.api.app` makes it, `docs/api.md` explains it.

This package asks for the extra `server`, but for `zhifu.api.api_keys` and `zhifu.api.scopes`.
"""
