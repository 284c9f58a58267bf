"""What every API function does around its own work: the caller, the session, the answer, the log."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from . import table
from .halo import Gone, Used
from .problem import FORBIDDEN, HALO, LINK_NEEDED, NOT_CONNECTED, NOT_FOUND, UNAUTHENTICATED, Problem
from .runtime import log, metrics

# API Gateway ends a call at 29 s.
_PATIENCE = 24


@dataclass
class Request:
    practice: str
    account: str
    request_id: str
    deadline: float
    event: dict
    used: Used

    def session(self) -> dict:
        """The practice's connection, for a clinician who is linked to a Bp user."""
        connection, link = table.connection_and_link(self.practice, self.account)
        if connection is None or connection["standing"] == "disconnected":
            raise Problem(*NOT_CONNECTED)
        if link is None:
            raise Problem(*LINK_NEEDED)
        return connection

    def record(self, action: str, patients: list[int]) -> None:
        table.audit(self.practice, self.account, action, patients, self.request_id)


def serve(event: dict, answer: Callable[[Request], dict]) -> dict:
    """Answers an event of API Gateway."""
    started = time.perf_counter()
    operation = f"{event['httpMethod']} {event['resource']}"
    request, kind = None, None
    try:
        request = admitted(event)
        status, media, body = 200, "application/json", answer(request)
    except Problem as problem:
        status, media, body, kind = problem.status, "application/problem+json", problem.body(), problem.kind
    except Gone:
        problem = Problem(*HALO)
        status, media, body, kind = problem.status, "application/problem+json", problem.body(), problem.kind
    if request:
        table.add_usage(request.practice, request.used)
    took = (time.perf_counter() - started) * 1000
    log(level="INFO", message="served", operation=operation, status=status, problem=kind, durationMs=took)
    counted = {
        "Duration": ("Milliseconds", took),
        "Requests": ("Count", 1),
        "Problems": ("Count", int(status >= 400)),
        "Faults": ("Count", int(status >= 500)),
    }
    metrics(counted, [["Operation"], []], Operation=operation)
    headers = {"content-type": media, "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": orjson.dumps(body).decode(), "isBase64Encoded": False}


def admitted(event: dict) -> Request:
    """The request, if its caller is a clinician of the practice in its path."""
    context = event["requestContext"]
    fields = context.get("authorizer") or {}
    subject, platform = fields.get("subject"), fields.get("platform")
    if not subject or not platform or int(fields.get("expiresAt") or 0) <= time.time():
        raise Problem(*UNAUTHENTICATED)
    wanted = (event.get("pathParameters") or {}).get("practiceId")
    if fields.get("kind") != "person":
        raise Problem(*FORBIDDEN)
    if fields.get("practiceId") != wanted:
        raise Problem(*NOT_FOUND)
    if "clinician" not in (fields.get("groups") or "").replace(",", " ").split():
        raise Problem(*FORBIDDEN)
    practice = wanted if platform == "home" else f"{platform}.{wanted}"
    deadline = time.time() + _PATIENCE
    return Request(practice, subject, context.get("requestId", ""), deadline, event, Used())
