"""The stored progress of one document of an import, and the event at the end of an import."""

import hashlib
import os
import time
import uuid
from datetime import datetime, timedelta, timezone

import orjson
from botocore.exceptions import ClientError

from .clients import DYNAMODB, TABLE, aws
from .table import exact, instant, now, plain, typed

SQS, EVENTS = aws("sqs"), aws("events")
IMPORTS_URL = os.environ["IMPORT_QUEUE_URL"]
WEBHOOKS_URL = os.environ["WEBHOOK_EVENTS_QUEUE_URL"]
BUS = os.environ["EVENT_BUS_NAME"]
MOST_FAILURES = 6


class Overtaken(Exception):
    """Another worker or the caller has changed the document."""


class Taken:
    """A document under this worker's lease. Every write fails if somebody else has written."""

    def __init__(self, item: dict, practice: str, lease: dict, effort: dict) -> None:
        self._item, self._lease, self.effort = item, lease, effort
        self.practice = practice
        body = item["body"]
        self.site, self.patient, self.selection = body["site"], int(body["patient"]), body["selection"]

    @property
    def place(self) -> dict | None:
        return self.effort["place"]

    def reserve(self, key: str, upload: str | None = None) -> None:
        """Stores where the copy will be, before it is there."""
        self.effort["place"] = {"key": key, "uploadId": upload}
        self._fetching(0)

    def describe(self, dated: str | None, file_type: str | None) -> None:
        kind = file_type.strip().lower() if file_type else None
        self.effort["about"] = {"dated": dated.strip()[:10] if dated else None, "fileType": kind or None}

    def asked(self, query: str) -> None:
        self.effort["query"] = query
        self._fetching(0)

    def renew(self, received: int, seconds: int) -> None:
        self._lease["until"] = after(seconds)
        self._fetching(received)

    def stage(self, copied: dict) -> None:
        self._save(copied)

    def wait(self, seconds: float) -> None:
        self.effort |= {"place": None, "obstacle": None, "nextLook": after(seconds)}
        self._save({"state": "fetching", "effort": self.effort, "lease": None, "received": 0})

    def postpone(self, problem: str, seconds: float) -> None:
        self.effort |= {"place": None, "obstacle": problem, "nextLook": after(seconds), "query": None}
        self.effort["spoiled"] += 1
        if self.effort["spoiled"] < MOST_FAILURES:
            self._save({"state": "queued", **self.effort})
        else:
            self.fail(problem)

    def fail(self, problem: str) -> None:
        self._save({"state": "failed", "problem": problem, "at": exact(now()), "leftover": None})

    def _fetching(self, received: int) -> None:
        self._save({"state": "fetching", "effort": self.effort, "lease": self._lease, "received": received})

    def _save(self, state: dict) -> None:
        seen = self._item["version"]
        moved = {**self._item, "body": {**self._item["body"], "state": state}, "version": seen + 1}
        try:
            DYNAMODB.put_item(
                TableName=TABLE,
                Item=typed(moved),
                ConditionExpression="version = :seen",
                ExpressionAttributeValues={":seen": {"N": str(seen)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Overtaken from error
            raise
        self._item = moved


def after(seconds: float) -> str:
    return exact(now() + timedelta(seconds=seconds))


def moment(text: str) -> float:
    # Python before 3.11 reads neither a Z nor nanoseconds.
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=timezone.utc).timestamp()
    return whole + float(f"0.{fraction or 0}")


def claim(asked: dict, lease: int) -> Taken | None:
    """Takes the document that a message names, if there is something to do."""
    practice = asked["practiceId"]
    pk, sk = f"IMPORT#{practice}#{asked['importId']}", f"ITEM#{asked['item']:04}"
    pair = {"pk": {"S": pk}, "sk": {"S": sk}}
    found = DYNAMODB.get_item(TableName=TABLE, Key=pair, ConsistentRead=True).get("Item")
    item = found and plain(found)
    if not item or item["expiresAt"] <= time.time():
        return None
    state, at = dict(item["body"]["state"]), time.time()
    match state.pop("state"):
        case "queued":
            if state["nextLook"] and moment(state["nextLook"]) > at + 2:
                return None
            effort = state
        case "fetching":
            effort, held = state["effort"], state["lease"]
            if held and moment(held["until"]) > at:
                wake(asked, max(moment(held["until"]) - at, 1))
                return None
            effort["spoiled"] += int(held is not None)
        case _:
            return None
    effort["spoiled"] = int(effort["spoiled"])
    effort.setdefault("about", {"dated": None, "fileType": None})
    return Taken(item, practice, {"owner": str(uuid.uuid4()), "until": after(lease)}, effort)


def wake(asked: dict, seconds: float) -> None:
    """Sends the message again, to arrive later."""
    delay = min(int(seconds) + 1, 900)
    group = asked["practiceId"]
    SQS.send_message(
        QueueUrl=IMPORTS_URL, MessageBody=orjson.dumps(asked).decode(), DelaySeconds=delay, MessageGroupId=group
    )


def publish_end(asked: dict) -> None:
    """Publishes that an import has ended, if it has."""
    practice, subject = asked["practiceId"], asked["importId"]
    found = DYNAMODB.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"IMPORT#{practice}#{subject}"}},
        ConsistentRead=True,
    )
    items = [plain(item) for item in found["Items"]]
    head = next((item for item in items if item["sk"] == "HEAD"), None)
    if head is None or head["expiresAt"] <= time.time() or head["body"]["cancelledAt"]:
        return
    documents = [item for item in items if item["sk"] != "HEAD"]
    states = {item["body"]["state"]["state"] for item in documents}
    if states & {"queued", "fetching"}:
        return
    staged, failed = "staged" in states, bool(states & {"failed", "cancelled"})
    state = {(True, False): "complete", (True, True): "partlyFailed"}.get((staged, failed), "failed")
    kind = "import.failed" if state == "failed" else "import.finished"
    platform, _, public = practice.rpartition(".")
    change = str(sum(int(item["version"]) for item in documents))
    publish(platform or "home", practice, public, kind, subject, state, change)


def publish(platform: str, practice: str, public: str, kind: str, subject: str, state: str, change: str) -> None:
    parts = orjson.dumps([platform, practice, kind, subject, state, change])
    number, at = f"evt_{hashlib.sha256(parts).hexdigest()[:32]}", now()
    envelope = {
        "id": number,
        "type": kind,
        "schemaVersion": 1,
        "timestamp": instant(at),
        "platform": platform,
        "practiceId": public,
        "importId": subject,
        "state": state,
    }
    body = orjson.dumps(envelope).decode()
    entry = {"EventBusName": BUS, "Source": "practice-bridge", "DetailType": kind, "Detail": body}
    put = EVENTS.put_events(Entries=[entry])
    message = {
        "platform": platform,
        "eventId": number,
        "kind": kind,
        "at": exact(at),
        "readers": ["correspondence"],
        "body": body,
    }
    sent = {"Id": "0", "MessageBody": orjson.dumps(message).decode(), "MessageGroupId": platform}
    queued = SQS.send_message_batch(QueueUrl=WEBHOOKS_URL, Entries=[sent])
    if put["FailedEntryCount"] or queued.get("Failed"):
        raise RuntimeError("the bus or the queue did not take an event")
