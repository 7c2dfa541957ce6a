"""Gunicorn's access log, which a worker looks for in its settings at each request, also where there is none."""

from types import FunctionType
from typing import Any

from gunicorn import glogging

from .private_names import wrap

#: Without any of them there is none, in Gunicorns that do not say so themselves.
_SETTINGS = ("accesslog", "logconfig", "logconfig_dict", "logconfig_json", "syslog")


def spare(log: Any) -> None:
    """Lets a worker that has no access log not look for it any more; call it in the worker.

    Gunicorn looks at up to five settings for it, by two calls each, which takes longer than all that a request costs us. Where
    there is an access log, or a logger has an ``access`` of somebody else's, nothing changes.
    """
    owner = type(log)
    # None where the object has one of its own, which is no method, or is no logger of Gunicorn's.
    stock = getattr(getattr(log, "access", None), "__func__", None)
    if not _is_gunicorns(stock) or _is_on(log):
        return

    def access(*arguments: Any, **named: Any) -> None:
        # Somebody may have put another in its place since.
        if owner.access is not stock:
            vars(log).pop("access", None)
            log.access(*arguments, **named)

    wrap("gunicorn.glogging:Logger.access", lambda _: access, log)


def _is_gunicorns(access: Any) -> bool:
    # By its type, for a wrapper may say of itself what it likes.
    return type(access) is FunctionType and access.__globals__ is vars(glogging)


def _is_on(log: Any) -> bool:
    # Gunicorn 26 says so itself.
    on = getattr(log, "access_log_enabled", None)
    settings = log.cfg.settings
    return bool(on) if on is not None else any(settings[name].get() for name in _SETTINGS if name in settings)
