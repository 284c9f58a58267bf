"""The table's items: what each request reads and writes."""

import os
import time
import uuid
from datetime import datetime, timedelta, timezone

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from .clients import DYNAMODB, TABLE
from .halo import Used
from .runtime import metrics

_FROM, _TO = TypeDeserializer(), TypeSerializer()
_KNOWN_FORMAT = "attribute_not_exists(#format) OR #format <= :format"
_SHOWN_FOR = timedelta(days=14)
_USAGE_FOR = timedelta(days=400)
_RETENTION = timedelta(days=int(os.environ["AUDIT_RETENTION_DAYS"]))


def plain(item: dict) -> dict:
    return {name: _FROM.deserialize(value) for name, value in item.items()}


def typed(item: dict) -> dict:
    return {name: _TO.serialize(value) for name, value in item.items()}


def now() -> datetime:
    return datetime.now(timezone.utc)


def instant(at: datetime) -> str:
    """As answers have it: always with milliseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def exact(at: datetime) -> str:
    """As sort keys have it: always with nanoseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def connection_and_link(practice: str, account: str) -> tuple[dict | None, dict | None]:
    """The practice's connection and the account's link to a Bp user, with one read."""
    pk = {"S": f"PRACTICE#{practice}"}
    keys = [{"pk": pk, "sk": {"S": sk}} for sk in ("CONNECTION", f"CLINICIAN#ACCOUNT#{account}")]
    found = DYNAMODB.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
    items = {item["sk"]: item for item in map(plain, found["Responses"].get(TABLE, ()))}
    connection = items.pop("CONNECTION", None)
    link = next(iter(items.values()), None)
    generation = connection["body"].get("generation", 0) if connection else 0
    if link and link.get("generation", 0) != generation:
        link = None
    return connection and connection["body"], link and link["body"]


def connection(practice: str) -> dict | None:
    pair = {"pk": {"S": f"PRACTICE#{practice}"}, "sk": {"S": "CONNECTION"}}
    found = DYNAMODB.get_item(TableName=TABLE, Key=pair, ConsistentRead=True)
    return plain(found["Item"])["body"] if "Item" in found else None


def database(connection: dict) -> str:
    edition = connection.get("edition", 0)
    return f"{connection['siteId']}#{edition}" if edition else connection["siteId"]


def audit(practice: str, account: str, action: str, patients: list[int], request_id: str) -> None:
    """Appends a line to the audit trail. The record must not be shown if this fails."""
    at = now()
    body = {"at": instant(at), "subject": account, "action": action, "patients": patients, "requestId": request_id}
    item = {
        "pk": f"AUDIT#{practice}",
        "sk": f"{exact(at)}#{uuid.uuid4()}",
        "body": body,
        "expiresAt": int((at + _RETENTION).timestamp()),
    }
    DYNAMODB.put_item(TableName=TABLE, Item=typed(item), ConditionExpression="attribute_not_exists(pk)")


def save_shown(practice: str, account: str, site: str, people: list[tuple[int, dict]]) -> None:
    """Stores which patients the account was shown, 25 with each write."""
    at = now()
    expires = int((at + _SHOWN_FOR).timestamp())
    puts = [
        {
            "PutRequest": {
                "Item": typed(
                    {
                        "pk": f"SHOWN#{practice}",
                        "sk": f"{account}#{patient}",
                        "body": {**person, "site": site, "shownAt": exact(at)},
                        "expiresAt": expires,
                    }
                )
            }
        }
        for patient, person in people
    ]
    for begin in range(0, len(puts), 25):
        rest = {TABLE: puts[begin : begin + 25]}
        for turn in range(4):
            rest = DYNAMODB.batch_write_item(RequestItems=rest).get("UnprocessedItems")
            if not rest:
                break
            time.sleep(0.05 * 2**turn)
        else:
            raise TimeoutError("the table is busy")


def add_usage(practice: str, used: Used) -> None:
    """Adds what a request has cost to the practice's day."""
    today = now().date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=timezone.utc)
    sums = {
        "queries": sum(used.queries.values()),
        "otherCalls": used.other,
        "bytesSent": used.sent,
        "bytesReceived": used.received,
    } | {f"of#{name}": times for name, times in used.queries.items()}
    added = [(name, value) for name, value in sums.items() if value]
    if not added:
        return
    values = {f":n{at}": {"N": str(value)} for at, (_, value) in enumerate(added)}
    values |= {":expires": {"N": str(int((midnight + _USAGE_FOR).timestamp()))}, ":format": {"N": "1"}}
    update = "SET expiresAt = :expires"
    if used.answered:
        update += ", answeredAt = :answered"
        values[":answered"] = {"S": exact(now())}
    update += " ADD " + ", ".join(f"#n{at} :n{at}" for at in range(len(added)))
    DYNAMODB.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"USAGE#{practice}"}, "sk": {"S": today.isoformat()}},
        UpdateExpression=update,
        ConditionExpression=_KNOWN_FORMAT,
        ExpressionAttributeNames={"#format": "format"} | {f"#n{at}": name for at, (name, _) in enumerate(added)},
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    total = used.sent + used.received
    counted = {"HaloQueries": ("Count", sums["queries"]), "HaloBytes": ("Bytes", total)}
    metrics(counted, [[]], practice=practice)
