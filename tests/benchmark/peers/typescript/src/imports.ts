// The stored progress of one document of an import, and the event at the end of an import.

import { createHash, randomUUID } from "node:crypto";
import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { SQSClient, SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { TABLE, dynamodb, need, settings } from "./clients.ts";
import { exact } from "./table.ts";

export type Asked = { practiceId: string; importId: string; item: number };
type Place = { key: string; uploadId: string | null };

const sqs = new SQSClient(settings());
const events = new EventBridgeClient(settings());
const importsUrl = need("IMPORT_QUEUE_URL");
const webhooksUrl = need("WEBHOOK_EVENTS_QUEUE_URL");
const bus = need("EVENT_BUS_NAME");
const MOST_FAILURES = 6;

/** Another worker or the caller has changed the document. */
export class Overtaken extends Error {}

const after = (seconds: number) => exact(new Date(Date.now() + seconds * 1000));

/** A document under this worker's lease. Every write fails if somebody else has written. */
export class Taken {
  readonly #lease: { owner: string; until: string };

  constructor(
    private item: any,
    readonly practice: string,
    readonly effort: any,
    lease: number,
  ) {
    this.#lease = { owner: randomUUID(), until: after(lease) };
  }

  get site(): string {
    return this.item.body.site;
  }

  get patient(): number {
    return this.item.body.patient;
  }

  get selection(): { folder: string; documentId: number } {
    return this.item.body.selection;
  }

  get place(): Place | null {
    return this.effort.place;
  }

  get key(): string {
    return this.effort.place.key;
  }

  /** Stores where the copy will be, before it is there. */
  reserve(key: string, uploadId: string | null = null): Promise<void> {
    this.effort.place = { key, uploadId };
    return this.#fetching(0);
  }

  describe(dated: unknown, fileType: unknown): void {
    const text = (value: unknown) => (typeof value === "string" && value.trim()) || null;
    this.effort.about = { dated: text(dated)?.slice(0, 10) ?? null, fileType: text(fileType)?.toLowerCase() ?? null };
  }

  asked(query: string): Promise<void> {
    this.effort.query = query;
    return this.#fetching(0);
  }

  renew(received: number, seconds: number): Promise<void> {
    this.#lease.until = after(seconds);
    return this.#fetching(received);
  }

  stage(copied: object): Promise<void> {
    return this.#save({ state: "staged", ...copied });
  }

  wait(seconds: number): Promise<void> {
    Object.assign(this.effort, { place: null, obstacle: null, nextLook: after(seconds) });
    return this.#save({ state: "fetching", effort: this.effort, lease: null, received: 0 });
  }

  postpone(problem: string, seconds: number): Promise<void> {
    const spoiled = this.effort.spoiled + 1;
    if (spoiled >= MOST_FAILURES) return this.fail(problem);
    Object.assign(this.effort, { place: null, obstacle: problem, nextLook: after(seconds), query: null, spoiled });
    return this.#save({ state: "queued", ...this.effort });
  }

  fail(problem: string): Promise<void> {
    return this.#save({ state: "failed", problem, at: exact(new Date()), leftover: null });
  }

  #fetching(received: number): Promise<void> {
    return this.#save({ state: "fetching", effort: this.effort, lease: this.#lease, received });
  }

  async #save(state: object): Promise<void> {
    const seen = this.item.version;
    const moved = { ...this.item, body: { ...this.item.body, state }, version: seen + 1 };
    try {
      await dynamodb.send(
        new PutItemCommand({
          TableName: TABLE,
          Item: marshall(moved),
          ConditionExpression: "version = :seen",
          ExpressionAttributeValues: marshall({ ":seen": seen }),
        }),
      );
    } catch (error) {
      throw error instanceof ConditionalCheckFailedException ? new Overtaken() : error;
    }
    this.item = moved;
  }
}

/** Takes the document that a message names, if there is something to do. */
export async function claim(asked: Asked, lease: number): Promise<Taken | undefined> {
  const pk = `IMPORT#${asked.practiceId}#${asked.importId}`;
  const Key = marshall({ pk, sk: `ITEM#${String(asked.item).padStart(4, "0")}` });
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true }));
  const item = Item && unmarshall(Item);
  const now = Date.now();
  if (item === undefined || item["expiresAt"] * 1000 <= now) return undefined;
  const { state, ...queued } = item["body"].state;
  let effort = queued;
  if (state === "queued") {
    if (effort.nextLook && Date.parse(effort.nextLook) > now + 2_000) return undefined;
  } else if (state === "fetching") {
    effort = queued.effort;
    const left = queued.lease ? Date.parse(queued.lease.until) - now : 0;
    if (left > 0) {
      await wake(asked, Math.max(left / 1000, 1));
      return undefined;
    }
    if (queued.lease) effort.spoiled += 1;
  } else {
    return undefined;
  }
  effort.about ??= { dated: null, fileType: null };
  return new Taken(item, asked.practiceId, effort, lease);
}

/** Sends the message again, to arrive later. */
export async function wake(asked: Asked, seconds: number): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: importsUrl,
      MessageBody: JSON.stringify(asked),
      MessageGroupId: asked.practiceId,
      DelaySeconds: Math.min(Math.ceil(seconds), 900),
    }),
  );
}

/** Publishes that an import has ended, if it has. */
export async function publishEnd({ practiceId, importId }: Asked): Promise<void> {
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: marshall({ ":pk": `IMPORT#${practiceId}#${importId}` }),
      ConsistentRead: true,
    }),
  );
  const items = Items.map((item) => unmarshall(item));
  const head = items.find((item) => item["sk"] === "HEAD");
  if (!head || head["expiresAt"] * 1000 <= Date.now() || head["body"].cancelledAt) return;
  const documents = items.filter((item) => item !== head);
  const states = new Set(documents.map((item) => item["body"].state.state));
  if (states.has("queued") || states.has("fetching")) return;
  const failed = states.has("failed") || states.has("cancelled");
  const state = !states.has("staged") ? "failed" : failed ? "partlyFailed" : "complete";
  const kind = state === "failed" ? "import.failed" : "import.finished";
  const change = String(documents.reduce((sum, item) => sum + item["version"], 0));
  await publish(practiceId, kind, importId, state, change);
}

async function publish(practice: string, kind: string, importId: string, state: string, change: string): Promise<void> {
  const [platform, practiceId] = practice.includes(".") ? practice.split(".", 2) : ["home", practice];
  const parts = JSON.stringify([platform, practice, kind, importId, state, change]);
  const id = `evt_${createHash("sha256").update(parts).digest("hex").slice(0, 32)}`;
  const at = new Date();
  const timestamp = at.toISOString();
  const body = JSON.stringify({ id, type: kind, schemaVersion: 1, timestamp, platform, practiceId, importId, state });
  const message = { platform, eventId: id, kind, at: exact(at), readers: ["correspondence"], body };
  const entry = { EventBusName: bus, Source: "practice-bridge", DetailType: kind, Detail: body };
  const queued = { Id: "0", MessageBody: JSON.stringify(message), MessageGroupId: platform! };
  const [put, sent] = await Promise.all([
    events.send(new PutEventsCommand({ Entries: [entry] })),
    sqs.send(new SendMessageBatchCommand({ QueueUrl: webhooksUrl, Entries: [queued] })),
  ]);
  if (put.FailedEntryCount || sent.Failed?.length) throw new Error("the bus or the queue did not take an event");
}
