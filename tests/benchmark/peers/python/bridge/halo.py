"""A client of Halo Cloud: one session, whose connections are kept."""

import binascii
import os
import time
from dataclasses import dataclass, field

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .clients import AUTHORITY, HaloKeys
from .problem import FORBIDDEN, HALO, MALFORMED, NOT_CONNECTED, OFFLINE, SLOW, Problem

# Halo says 429 or 503 only of calls that did not run.
_RETRY = Retry(
    total=3,
    status_forcelist=(429, 502, 503),
    allowed_methods=None,
    backoff_factor=0.2,
    backoff_max=5,
    respect_retry_after_header=True,
    raise_on_status=False,
)


class Gone(Exception):
    """Halo no longer has what was asked for."""


@dataclass
class Used:
    """What one request has cost so far."""

    queries: dict[str, int] = field(default_factory=dict)
    other: int = 0
    sent: int = 0
    received: int = 0
    answered: bool = False


class Halo:
    def __init__(self) -> None:
        self._base = os.environ["HALO_BASE_URL"].rstrip("/") + "/integrator/sites/"
        self._keys = HaloKeys()
        self._session = requests.Session()
        # Neither proxies nor .netrc are looked for on each call.
        self._session.trust_env = False
        self._session.verify = AUTHORITY or True
        self._session.headers = {"Accept": "application/json", "Content-Type": "application/json"}
        self._session.mount(self._base, HTTPAdapter(pool_maxsize=2, max_retries=_RETRY))

    def immediate(self, site: str, name: str, sql: str, parameters: list[dict], deadline: float, used: Used) -> list:
        """Runs a statement at once and returns the rows of its last result set."""
        used.queries[name] = used.queries.get(name, 0) + 1
        left = min((deadline - time.time()) * 0.6, 60)
        answer = self._post(f"{site}/queries/immediate", command(sql, parameters, left), deadline, used)
        used.answered = True
        return rows(answer)

    def submit(self, site: str, name: str, sql: str, parameters: list[dict], queue: float, deadline: float, used: Used) -> str:
        """Queues a statement and returns the query's id."""
        used.queries[name] = used.queries.get(name, 0) + 1
        return self._post(f"{site}/queries/async", command(sql, parameters, queue), deadline, used)["id"]

    def query(self, site: str, query: str, deadline: float, used: Used) -> dict:
        """A queued query's status."""
        used.other += 1
        return self._call("GET", f"{site}/queries/{query}", None, deadline, used)

    def page(self, site: str, query: str, page: int, deadline: float, used: Used) -> list:
        """The rows of one page of a result."""
        used.other += 1
        answer = self._call("GET", f"{site}/queries/{query}/results/{page}", None, deadline, used)
        return rows({"result": answer})

    def _post(self, path: str, body: dict, deadline: float, used: Used) -> dict:
        return self._call("POST", path, orjson.dumps(body), deadline, used)

    def _call(self, method: str, path: str, body: bytes | None, deadline: float, used: Used) -> dict:
        for reread in (False, True):
            if reread:
                self._keys.reread()
            for key in self._keys.current():
                answer = self._send(method, path, body, key, deadline, used)
                if answer.status_code != 401:
                    return read(answer)
        raise Problem(*HALO)

    def _send(self, method, path, body, key, deadline, used) -> requests.Response:
        left = deadline - time.time()
        if left <= 0:
            raise Problem(*SLOW)
        used.sent += len(body or b"")
        headers = {"Ocp-Apim-Subscription-Key": key}
        try:
            answer = self._session.request(
                method, self._base + path, data=body, headers=headers, timeout=(5, left), allow_redirects=False
            )
        except requests.Timeout as error:
            raise Problem(*SLOW) from error
        except requests.RequestException as error:
            raise Problem(*HALO) from error
        used.received += len(answer.content)
        return answer


def command(sql: str, parameters: list[dict], queue: float) -> dict:
    text = {"text": sql, "type": "text", "executionMode": "reader", "parameters": parameters}
    return {"maxTimeInQueue": int(queue * 1000), "command": text}


def read(answer: requests.Response) -> dict:
    """The answer's JSON, or the problem that it reports."""
    status = answer.status_code
    if 200 <= status < 300:
        try:
            found = orjson.loads(answer.content)
        except orjson.JSONDecodeError as error:
            raise Problem(*MALFORMED) from error
        # Halo sometimes reports a failure with status 200.
        if found.get("error"):
            raise Problem(*HALO)
        return found
    if status in (404, 410):
        raise Gone
    by_status = {403: FORBIDDEN, 409: NOT_CONNECTED, 429: HALO, 503: OFFLINE, 504: SLOW}
    raise Problem(*by_status.get(status, HALO))


def rows(answer: dict) -> list:
    """The rows of the last result set. Halo does not publish their shape, so the plausible ones are read."""
    try:
        # Base64 that was not padded or has other characters is refused.
        text = binascii.a2b_base64(answer["result"]["data"], strict_mode=True)
        found = orjson.loads(text.removeprefix(b"\xef\xbb\xbf") or b"[]")
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(*MALFORMED) from error
    if isinstance(found, dict):
        found = [found] if "columns" not in found else found
    elif found and (isinstance(found[0], list) or is_table(found[0])):
        found = found[-1]
    if is_table(found):
        names = [it if isinstance(it, str) else it["name"] for it in found["columns"]]
        return [dict(zip(names, row, strict=True)) for row in found["rows"]]
    return found


def is_table(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("rows"), list) and "columns" in value


def integer(name: str, value: int) -> dict:
    return {"name": name, "direction": "input", "type": "Int", "value": str(value), "size": None}


def day(name: str, value: object) -> dict:
    return {"name": name, "direction": "input", "type": "Date", "value": str(value), "size": None}


def var_char(name: str, value: str) -> dict:
    return {"name": name, "direction": "input", "type": "VarChar", "value": value, "size": len(value)}
