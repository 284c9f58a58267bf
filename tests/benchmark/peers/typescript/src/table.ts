// The table's items: what each request reads and writes.

import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { TABLE, dynamodb, need } from "./clients.ts";
import type { Used } from "./halo.ts";
import { metrics } from "./runtime.ts";

const DAY = 86_400_000;
const SHOWN_FOR = 14 * DAY;
const USAGE_FOR = 400 * DAY;
const retention = Number(need("AUDIT_RETENTION_DAYS")) * DAY;

/** As sort keys have it: always with nanoseconds. */
export const exact = (at: Date) => at.toISOString().replace("Z", "000000Z");
export const seconds = (at: number) => Math.floor(at / 1000);

/** The practice's connection and the account's link to a Bp user, with one read. */
export async function connectionAndLink(practice: string, account: string): Promise<[any, any]> {
  const pk = `PRACTICE#${practice}`;
  const keys = ["CONNECTION", `CLINICIAN#ACCOUNT#${account}`].map((sk) => marshall({ pk, sk }));
  const request = { RequestItems: { [TABLE]: { Keys: keys, ConsistentRead: true } } };
  const { Responses } = await dynamodb.send(new BatchGetItemCommand(request));
  const items = (Responses?.[TABLE] ?? []).map((item) => unmarshall(item));
  const connection = items.find((item) => item["sk"] === "CONNECTION");
  const link = items.find((item) => item["sk"] !== "CONNECTION");
  const current = (link?.["generation"] ?? 0) === (connection?.["body"].generation ?? 0);
  return [connection?.["body"], current ? link?.["body"] : undefined];
}

export async function connection(practice: string): Promise<any> {
  const Key = marshall({ pk: `PRACTICE#${practice}`, sk: "CONNECTION" });
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true }));
  return Item && unmarshall(Item)["body"];
}

export function database({ siteId, edition = 0 }: { siteId: string; edition?: number }): string {
  return edition === 0 ? siteId : `${siteId}#${edition}`;
}

/** Appends a line to the audit trail. The record must not be shown if this fails. */
export async function audit(practice: string, subject: string, action: string, patients: number[], requestId: string) {
  const at = new Date();
  const item = {
    pk: `AUDIT#${practice}`,
    sk: `${exact(at)}#${randomUUID()}`,
    body: { at: at.toISOString(), subject, action, patients, requestId },
    expiresAt: seconds(at.getTime() + retention),
  };
  const condition = { ConditionExpression: "attribute_not_exists(pk)" };
  await dynamodb.send(new PutItemCommand({ TableName: TABLE, Item: marshall(item), ...condition }));
}

/** Stores which patients the account was shown, 25 with each write. */
export async function saveShown(practice: string, account: string, site: string, people: [number, object][]) {
  const now = new Date();
  const expiresAt = seconds(now.getTime() + SHOWN_FOR);
  const shownAt = exact(now);
  const puts: WriteRequest[] = people.map(([patient, person]) => {
    const keys = { pk: `SHOWN#${practice}`, sk: `${account}#${patient}` };
    return { PutRequest: { Item: marshall({ ...keys, body: { ...person, site, shownAt }, expiresAt }) } };
  });
  const batches = [];
  for (let begin = 0; begin < puts.length; begin += 25) batches.push(writeAll(puts.slice(begin, begin + 25)));
  await Promise.all(batches);
}

async function writeAll(puts: WriteRequest[]): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    const { UnprocessedItems } = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: puts } }));
    puts = UnprocessedItems?.[TABLE] ?? [];
    if (puts.length === 0) return;
    await setTimeout(50 * 2 ** turn);
  }
  throw new Error("the table is busy");
}

/** Adds what a request has cost to the practice's day. */
export async function addUsage(practice: string, used: Used): Promise<void> {
  const now = new Date();
  const day = now.toISOString().slice(0, 10);
  const queries = Object.values(used.queries).reduce((sum, times) => sum + times, 0);
  const bytes = { bytesSent: used.sent, bytesReceived: used.received };
  const of = Object.entries(used.queries).map(([name, times]) => [`of#${name}`, times] as const);
  const sums = [...Object.entries({ queries, otherCalls: used.other, ...bytes }), ...of];
  const added = sums.filter(([, value]) => value > 0);
  if (added.length === 0) return;
  const answered = used.answered ? ", answeredAt = :answered" : "";
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: marshall({ pk: `USAGE#${practice}`, sk: day }),
      UpdateExpression: `SET expiresAt = :expires${answered} ADD ${added.map((_, at) => `#n${at} :n${at}`).join(", ")}`,
      ConditionExpression: "attribute_not_exists(#format) OR #format <= :format",
      ExpressionAttributeNames: {
        "#format": "format",
        ...Object.fromEntries(added.map(([name], at) => [`#n${at}`, name])),
      },
      ExpressionAttributeValues: marshall({
        ":format": 1,
        ":expires": seconds(Date.parse(day) + USAGE_FOR),
        ...(used.answered && { ":answered": exact(now) }),
        ...Object.fromEntries(added.map(([, value], at) => [`:n${at}`, value])),
      }),
      ReturnValues: "ALL_NEW",
    }),
  );
  const total = used.sent + used.received;
  metrics({ HaloQueries: ["Count", queries], HaloBytes: ["Bytes", total] }, [[]], { practice });
}
