"""The running local stack, what people at a practice do in Bp, and what the generated client leaves to its callers."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpx
from practice_bridge import AuthenticatedClient
from practice_bridge.models import ProblemBody, ProblemType

T = TypeVar("T")

with open(sys.argv[1], encoding="utf-8") as _file:
    STACK = json.load(_file)
PRACTICE = str(STACK["practices"][0]["practiceId"])
SITE = str(STACK["practices"][0]["siteId"])


def caller(token: str) -> AuthenticatedClient:
    """A client that calls with one of the stack's tokens."""
    return AuthenticatedClient(base_url=STACK["apiUrl"], token=STACK["tokens"][token], timeout=httpx.Timeout(30))


def in_bp(method: str, path: str) -> Any:
    """A person at the practice uses Bp: the simulator's control API."""
    answer = httpx.request(method, STACK["simulator"]["controlUrl"].rstrip("/") + path)
    return answer.raise_for_status().json()


class Problem(Exception):
    """The service answered with a problem."""

    def __init__(self, body: ProblemBody) -> None:
        super().__init__(f"{body.type_}: {body.detail}")
        self.body = body


def ok(answer: T | ProblemBody | None) -> T:
    """The answer, if it is a success."""
    if isinstance(answer, ProblemBody):
        raise Problem(answer)
    if answer is None:
        raise TypeError("the document does not describe the answer")
    return answer


def problem(answer: object, kind: ProblemType) -> ProblemBody:
    """The answer, which must be a problem of this type."""
    expect(isinstance(answer, ProblemBody) and answer.type_ == kind, f"the answer is {kind}")
    assert isinstance(answer, ProblemBody)
    return answer


def poll(read: Callable[[], T | ProblemBody | None], is_done: Callable[[T], bool]) -> T:
    """Reads until the work is done: after one second, then at growing intervals."""
    wait = 1.0
    for _ in range(10):
        time.sleep(wait)
        seen = ok(read())
        if is_done(seen):
            return seen
        wait = min(wait * 1.5, 60)
    raise TimeoutError(seen)


def pick(entries: Iterable[T], fits: Callable[[T], bool]) -> T:
    """The first entry that fits."""
    return next(entry for entry in entries if fits(entry))


def expect(is_so: bool, what: str) -> None:
    """Stops the program if something is not as its text says."""
    if not is_so:
        raise AssertionError(f"it is not so: {what}")
    print("-", what)
