"""The attachment importer: copies one document of an import from Bp to the bucket, in parts."""

import binascii
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import orjson
from botocore.config import Config
from botocore.exceptions import ClientError

from . import table
from .clients import aws
from .content import BEGINNING, content_type
from .halo import Gone, Halo, Used, integer
from .imports import Overtaken, Taken, claim, publish_end, wake
from .problem import Problem
from .rows import whole
from .runtime import log
from .statements import statement

HALO = Halo()
START, CONTENT = statement("document_start"), statement("document_content")
BUCKET = os.environ["BUCKET_NAME"]
INLINE = int(os.environ.get("IMPORT_INLINE_BYTES", "1048576"))
LEASE = int(os.environ.get("IMPORT_LEASE_SECONDS", "120"))
SLOW_POLL = int(os.environ.get("IMPORT_SLOW_POLL_SECONDS", "30"))
S3 = aws("s3", Config(read_timeout=30, s3={"addressing_style": "path"} if os.environ.get("AWS_ENDPOINT_URL") else {}))
SENDERS = ThreadPoolExecutor(max_workers=2)
# The smallest part that S3 allows, except for the last one.
PART = 5 * 1024 * 1024
MARGIN = 10
FOLDERS = {
    "investigations": 1,
    "correspondenceIn": 2,
    "correspondenceOut": 3,
    "enhancedPrimaryCare": 4,
    "clinicalImages": 5,
}
# No later attempt ends differently.
FINAL = {"practice-changed", "document-unknown", "document-in-parts", "document-without-file"}


class Damaged(Exception):
    """The document is not what was announced."""


def handle(event: dict, deadline: float) -> dict:
    """Works on each message. Those that have to come again are named in the answer."""
    failed = []
    for message in event.get("Records", ()):
        try:
            asked = orjson.loads(message["body"])
            used = Used()
            try:
                work(asked, deadline - MARGIN, used)
                publish_end(asked)
            finally:
                table.add_usage(asked["practiceId"], used)
        except Exception as error:
            log(level="ERROR", message="a message has to come again", error=type(error).__name__)
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def work(asked: dict, deadline: float, used: Used) -> None:
    taken = claim(asked, LEASE)
    if taken is None:
        return
    started = time.perf_counter()
    try:
        taken.reserve(f"attachments/{uuid.uuid4()}")
        copied = fetch(taken, deadline, used)
        outcome = "staged" if copied else "preparing"
        if copied:
            taken.stage(copied)
        else:
            wake(asked, SLOW_POLL)
            taken.wait(SLOW_POLL)
    except Overtaken:
        outcome = "overtaken"
        discard(taken)
    except (Problem, Gone, Damaged) as obstacle:
        outcome = getattr(obstacle, "kind", "document-damaged")
        discard(taken)
        if outcome in FINAL:
            taken.fail(outcome)
        else:
            pause = min(4 * 2 ** taken.effort["spoiled"], 900)
            wake(asked, pause)
            taken.postpone(outcome, pause)
    took = (time.perf_counter() - started) * 1000
    log(level="INFO", message="worked on a document", practice=taken.practice, outcome=outcome, durationMs=took)


def fetch(taken: Taken, deadline: float, used: Used) -> dict | None:
    """Copies the document. Returns what is known of the copy, or None while Bp prepares the document."""
    connection = table.connection(taken.practice)
    if connection is None or connection["standing"] == "disconnected" or table.database(connection) != taken.site:
        raise Problem(409, "practice-changed", "Another Bp is connected")
    site = connection["site"]["haloGuid"]
    if taken.effort["query"] is None:
        row = start(site, taken, deadline, used)
        taken.describe(row.get("Dated"), row.get("FileType"))
        if row.get("Content") is not None:
            return put(taken, decoded(row["Content"], whole(row["Bytes"])))
        query = HALO.submit(site, "document_content", CONTENT, key(taken), 600, deadline, used)
        taken.asked(query)
    pages = ready(site, taken.effort["query"], deadline, used)
    if pages is None:
        return None
    return copy(taken, parts(site, taken.effort["query"], pages, deadline, used))


def key(taken: Taken) -> list[dict]:
    folder = FOLDERS[taken.selection["folder"]]
    numbers = (("@patientId", taken.patient), ("@folder", folder), ("@documentId", taken.selection["documentId"]))
    return [integer(name, int(number)) for name, number in numbers]


def start(site: str, taken: Taken, deadline: float, used: Used) -> dict:
    asked = [*key(taken), integer("@inlineLimit", INLINE)]
    rows = HALO.immediate(site, "document_start", START, asked, deadline, used)
    if not rows:
        raise Problem(404, "document-unknown", "The patient has no such document")
    if len(rows) > 1:
        raise Problem(422, "document-in-parts", "The document has several pages")
    if whole(rows[0]["Bytes"]) == 0:
        raise Problem(422, "document-without-file", "The document has no file")
    return rows[0]


def ready(site: str, query: str, deadline: float, used: Used) -> list[int] | None:
    """The numbers of the pages, once Halo has them. Waits for some seconds."""
    give_up, pause = time.time() + 6, 0.15
    while True:
        found = HALO.query(site, query, deadline, used)
        status = found["status"]
        if status == "successful":
            pages = found["result"]["pages"]
            return sorted(page["pageNumber"] for page in pages)
        if status not in ("initialising", "queued", "executing", "uploading"):
            raise Gone
        if time.time() > give_up:
            return None
        time.sleep(pause)
        pause = min(pause * 2, 2)


def parts(site: str, query: str, pages: list[int], deadline: float, used: Used) -> Iterator[bytes]:
    """The document's bytes in order. It is whole only if this ends without an error."""
    announced, begun = None, 0
    for page in pages:
        for row in HALO.page(site, query, page, deadline, used):
            number, count, total = whole(row["Part"]), whole(row["Parts"]), whole(row["Bytes"])
            if (count, total) != (announced or (count, total)) or number != begun or whole(row.get("Pages", 1)) != 1:
                raise Damaged
            announced, begun = (count, total), begun + 1
            yield decoded(row["Content"])
    if announced is None or begun != announced[0]:
        raise Damaged


def decoded(text: str, length: int | None = None) -> bytes:
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (TypeError, ValueError) as error:
        raise Damaged from error
    if length is not None and len(content) != length:
        raise Damaged
    return content


def put(taken: Taken, content: bytes) -> dict:
    digest = hashlib.sha256(content)
    S3.put_object(
        Bucket=BUCKET,
        Key=taken.place["key"],
        Body=content,
        ChecksumSHA256=binascii.b2a_base64(digest.digest(), newline=False).decode(),
    )
    return copied(taken, len(content), digest.hexdigest(), content[:BEGINNING])


def copy(taken: Taken, arriving: Iterator[bytes]) -> dict:
    """Uploads the parts while the next ones arrive, at most two at a time."""
    place = {"Bucket": BUCKET, "Key": taken.place["key"]}
    opened = S3.create_multipart_upload(**place, ChecksumAlgorithm="CRC32")
    place["UploadId"] = opened["UploadId"]
    # The table knows of the upload before its first part is written.
    taken.reserve(taken.place["key"], opened["UploadId"])
    sending: list[Future] = []
    digest, size, begin, filling = hashlib.sha256(), 0, b"", bytearray()
    renew_at = time.time() + 0.4

    def send() -> None:
        nonlocal filling
        number = len(sending) + 1
        if number > 2:
            # Only as many parts are in memory as are sent at a time.
            sending[number - 3].result()
        request = {**place, "PartNumber": number, "Body": bytes(filling), "ChecksumAlgorithm": "CRC32"}
        sending.append(SENDERS.submit(S3.upload_part, **request))
        filling = bytearray()

    for content in arriving:
        digest.update(content)
        size += len(content)
        if len(begin) < BEGINNING:
            begin += content[: BEGINNING - len(begin)]
        rest = memoryview(content)
        while rest:
            room = PART - len(filling)
            filling += rest[:room]
            rest = rest[room:]
            if len(filling) == PART:
                send()
        if time.time() > renew_at:
            taken.renew(size, LEASE)
            renew_at = time.time() + 2
    if filling or not sending:
        send()
    done = [
        {"PartNumber": number, "ETag": sent.result()["ETag"], "ChecksumCRC32": sent.result()["ChecksumCRC32"]}
        for number, sent in enumerate(sending, 1)
    ]
    S3.complete_multipart_upload(**place, MultipartUpload={"Parts": done})
    return copied(taken, size, digest.hexdigest(), begin)


def copied(taken: Taken, size: int, digest: str, begin: bytes) -> dict:
    kind, extension = content_type(begin)
    return {
        "state": "staged",
        "key": taken.place["key"],
        "bytes": size,
        "contentType": kind,
        "extension": extension,
        "sha256": digest,
        "stagedAt": table.exact(table.now()),
        "dated": taken.effort["about"]["dated"],
        "rendition": None,
    }


def discard(taken: Taken) -> None:
    """Deletes what an attempt has left in the bucket."""
    place = taken.place
    if place is None:
        return
    if place["uploadId"]:
        try:
            S3.abort_multipart_upload(Bucket=BUCKET, Key=place["key"], UploadId=place["uploadId"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise
    S3.delete_object(Bucket=BUCKET, Key=place["key"])
