// Copies one document of an import from Bp to the bucket, in parts.

import { createHash, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  NoSuchUpload,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import contentSql from "../../../../../shared/best-practice/statements/assumed/document_content.sql";
import startSql from "../../../../../shared/best-practice/statements/assumed/document_start.sql";
import { need, settings } from "./clients.ts";
import { BEGINNING, contentType } from "./content.ts";
import { Gone, Halo, type Row, Used, int, statement } from "./halo.ts";
import { type Asked, Overtaken, type Taken, claim, publishEnd, wake } from "./imports.ts";
import { Problem } from "./problem.ts";
import { whole } from "./rows.ts";
import { log, serve } from "./runtime.ts";
import { addUsage, connection, database, exact } from "./table.ts";

const halo = new Halo();
const [START, CONTENT] = [statement(startSql), statement(contentSql)];
const Bucket = need("BUCKET_NAME");
const inline = Number(process.env["IMPORT_INLINE_BYTES"] ?? 1_048_576);
const lease = Number(process.env["IMPORT_LEASE_SECONDS"] ?? 120);
const slowPoll = Number(process.env["IMPORT_SLOW_POLL_SECONDS"] ?? 30);
const s3 = new S3Client({ ...settings(30_000), forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
// The smallest part that S3 allows, except for the last one.
const PART = 5 * 1024 * 1024;
const MARGIN = 10_000;
const FOLDERS = ["investigations", "correspondenceIn", "correspondenceOut", "enhancedPrimaryCare", "clinicalImages"];
// No later attempt ends differently.
const FINAL = ["practice-changed", "document-unknown", "document-in-parts", "document-without-file"];

/** The document is not what was announced. */
class Damaged extends Error {
  readonly kind = "document-damaged";
}

/** Works on each message. Those that have to come again are named in the answer. */
async function handle(event: any, deadline: number): Promise<object> {
  const failed = [];
  for (const message of event.Records ?? []) {
    try {
      const asked: Asked = JSON.parse(message.body);
      const used = new Used();
      try {
        await work(asked, deadline - MARGIN, used);
        await publishEnd(asked);
      } finally {
        await addUsage(asked.practiceId, used);
      }
    } catch (error) {
      const name = error instanceof Error ? error.name : "unknown";
      log({ level: "ERROR", message: "a message has to come again", error: name });
      failed.push({ itemIdentifier: message.messageId });
    }
  }
  return { batchItemFailures: failed };
}

async function work(asked: Asked, deadline: number, used: Used): Promise<void> {
  const taken = await claim(asked, lease);
  if (taken === undefined) return;
  const started = performance.now();
  let outcome = "staged";
  try {
    await taken.reserve(`attachments/${randomUUID()}`);
    const copied = await fetch(taken, deadline, used);
    if (copied) {
      await taken.stage(copied);
    } else {
      outcome = "preparing";
      await wake(asked, slowPoll);
      await taken.wait(slowPoll);
    }
  } catch (error) {
    const known = error instanceof Problem || error instanceof Gone || error instanceof Damaged;
    if (!known && !(error instanceof Overtaken)) throw error;
    outcome = error instanceof Problem || error instanceof Damaged ? error.kind : "site-slow";
    await discard(taken);
    if (error instanceof Overtaken) {
      outcome = "overtaken";
    } else if (FINAL.includes(outcome)) {
      await taken.fail(outcome);
    } else {
      const pause = Math.min(4 * 2 ** taken.effort.spoiled, 900);
      await wake(asked, pause);
      await taken.postpone(outcome, pause);
    }
  }
  const durationMs = performance.now() - started;
  log({ level: "INFO", message: "worked on a document", practice: taken.practice, outcome, durationMs });
}

/** Copies the document. Returns what is known of the copy, or undefined while Bp prepares the document. */
async function fetch(taken: Taken, deadline: number, used: Used): Promise<object | undefined> {
  const open = await connection(taken.practice);
  if (!open || open.standing === "disconnected" || database(open) !== taken.site) {
    throw new Problem(409, "practice-changed", "Another Bp is connected");
  }
  const site: string = open.site.haloGuid;
  if (!taken.effort.query) {
    const row = await start(site, taken, deadline, used);
    taken.describe(row["Dated"], row["FileType"]);
    if (typeof row["Content"] === "string") {
      const content = Buffer.from(row["Content"], "base64");
      if (content.length !== whole(row["Bytes"])) throw new Damaged();
      return put(taken, content);
    }
    await taken.asked(await halo.submit(site, "document_content", CONTENT, key(taken), 600_000, deadline, used));
  }
  const pages = await ready(site, taken.effort.query, deadline, used);
  return pages && copy(taken, parts(site, taken.effort.query, pages, deadline, used));
}

function key({ patient, selection }: Taken) {
  const folder = FOLDERS.indexOf(selection.folder) + 1;
  return [int("@patientId", patient), int("@folder", folder), int("@documentId", selection.documentId)];
}

async function start(site: string, taken: Taken, deadline: number, used: Used): Promise<Row> {
  const asked = [...key(taken), int("@inlineLimit", inline)];
  const [row, second] = await halo.immediate(site, "document_start", START, asked, deadline, used);
  if (row === undefined) throw new Problem(404, "document-unknown", "The patient has no such document");
  if (second) throw new Problem(422, "document-in-parts", "The document has several pages");
  if (whole(row["Bytes"]) === 0) throw new Problem(422, "document-without-file", "The document has no file");
  return row;
}

/** The numbers of the pages, once Halo has them. Waits for some seconds. */
async function ready(site: string, query: string, deadline: number, used: Used): Promise<number[] | undefined> {
  const giveUp = Date.now() + 6_000;
  for (let pause = 150; ; pause = Math.min(pause * 2, 2_000)) {
    const { status, result } = await halo.query(site, query, deadline, used);
    if (status === "successful") {
      return result.pages.map((page: any) => page.pageNumber).sort((a: number, b: number) => a - b);
    }
    if (!["initialising", "queued", "executing", "uploading"].includes(status)) throw new Gone();
    if (Date.now() > giveUp) return undefined;
    await setTimeout(pause);
  }
}

/** The document's bytes in order. It is whole only if this ends without an error. */
async function* parts(site: string, query: string, pages: number[], deadline: number, used: Used) {
  let [count, total, begun, size]: (number | undefined)[] = [undefined, undefined, 0, 0];
  // The next page is fetched while this one is uploaded.
  let next = pages.length > 0 ? halo.page(site, query, pages[0]!, deadline, used) : undefined;
  for (let at = 0; at < pages.length; at += 1) {
    const rows = await next!;
    const coming = pages[at + 1];
    if (coming !== undefined) {
      next = halo.page(site, query, coming, deadline, used);
      // Its failure is seen when its turn comes.
      next.catch(() => undefined);
    }
    for (const row of rows) {
      count ??= whole(row["Parts"]);
      total ??= whole(row["Bytes"]);
      const isNext = whole(row["Part"]) === begun && whole(row["Pages"] ?? 1) === 1;
      const isSame = whole(row["Parts"]) === count && whole(row["Bytes"]) === total;
      if (!isNext || !isSame || typeof row["Content"] !== "string") throw new Damaged();
      const content = Buffer.from(row["Content"], "base64");
      [begun, size] = [begun! + 1, size! + content.length];
      yield content;
    }
  }
  if (count === undefined || begun !== count || size !== total) throw new Damaged();
}

async function put(taken: Taken, content: Buffer): Promise<object> {
  const digest = createHash("sha256").update(content).digest();
  const checksum = { ChecksumSHA256: digest.toString("base64") };
  await s3.send(new PutObjectCommand({ Bucket, Key: taken.key, Body: content, ...checksum }));
  return copied(taken, content.length, digest.toString("hex"), content.subarray(0, BEGINNING));
}

/** Uploads the parts while the next ones arrive, at most two at a time. */
async function copy(taken: Taken, arriving: AsyncIterable<Buffer>): Promise<object> {
  const create = { Bucket, Key: taken.key, ChecksumAlgorithm: "CRC32" } as const;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(create));
  const place = { Bucket, Key: taken.key, UploadId };
  // The table knows of the upload before its first part is written.
  await taken.reserve(taken.key, UploadId);
  const sending: Promise<CompletedPart>[] = [];
  const hash = createHash("sha256");
  let [filling, filled, size] = [Buffer.allocUnsafe(PART), 0, 0];
  let begin = Buffer.alloc(0);
  let renewAt = Date.now() + 400;

  const send = async () => {
    const PartNumber = sending.length + 1;
    // Only as many parts are in memory as are sent at a time.
    if (PartNumber > 2) await sending[PartNumber - 3];
    const upload = new UploadPartCommand({
      ...place,
      PartNumber,
      Body: filling.subarray(0, filled),
      ChecksumAlgorithm: "CRC32",
    });
    const sent = s3.send(upload).then(({ ETag, ChecksumCRC32 }) => ({ PartNumber, ETag, ChecksumCRC32 }));
    // Its failure is seen when the part is waited for.
    sent.catch(() => undefined);
    sending.push(sent as Promise<CompletedPart>);
    [filling, filled] = [Buffer.allocUnsafe(PART), 0];
  };

  for await (const content of arriving) {
    hash.update(content);
    size += content.length;
    if (begin.length < BEGINNING) begin = Buffer.concat([begin, content.subarray(0, BEGINNING - begin.length)]);
    for (let at = 0; at < content.length; ) {
      const taken = content.copy(filling, filled, at);
      [filled, at] = [filled + taken, at + taken];
      if (filled === PART) await send();
    }
    if (Date.now() > renewAt) {
      await taken.renew(size, lease);
      renewAt = Date.now() + 2_000;
    }
  }
  if (filled > 0 || sending.length === 0) await send();
  const Parts = await Promise.all(sending);
  await s3.send(new CompleteMultipartUploadCommand({ ...place, MultipartUpload: { Parts } }));
  return copied(taken, size, hash.digest("hex"), begin);
}

function copied({ key, effort }: Taken, bytes: number, sha256: string, begin: Buffer): object {
  const [type, extension] = contentType(begin);
  const { dated } = effort.about;
  const stagedAt = exact(new Date());
  return { key, bytes, contentType: type, extension, sha256, stagedAt, dated, rendition: null };
}

/** Deletes what an attempt has left in the bucket. */
async function discard({ place }: Taken): Promise<void> {
  if (place === null) return;
  const { key: Key, uploadId: UploadId } = place;
  if (UploadId !== null) {
    try {
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    } catch (error) {
      if (!(error instanceof NoSuchUpload)) throw error;
    }
  }
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
}

await serve(handle);
