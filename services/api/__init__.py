"""The HTTP API: the doors for programs, and what the screens stand on. `make_app` is in `services.api.app`."""
