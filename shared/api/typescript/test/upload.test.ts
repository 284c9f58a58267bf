import assert from "node:assert/strict";
import { test } from "node:test";

import { announcement, upload } from "@practice-bridge/client";

import { Service } from "./service.ts";

const letter = new Blob(["letter"], { type: "text/plain" });
const view = {
  documentId: "d",
  uploadUrl: "https://bucket.example/d?signature=s",
  uploadHeaders: { "content-type": "application/pdf", "x-amz-checksum-sha256": "c" },
  expiresAt: "2027-01-01T00:00:00.000Z",
};

test("an announcement has the length and the hash of the bytes", async () => {
  assert.deepEqual(await announcement("d", "application/pdf", letter), {
    documentId: "d",
    contentType: "application/pdf",
    bytes: 6,
    sha256: "f80105efab6d863fd8fc243d269094469e2277e8f12e5a0a9f401e88494f7b4b",
  });
});

test("an upload sends the bytes with exactly the headers of the link, and no token", async () => {
  const service = new Service(new Response());
  await upload(view, letter, service.fetch);
  const [request] = service.requests;
  assert.equal(request?.method, "PUT");
  assert.equal(request?.headers.get("content-type"), "application/pdf");
  assert.equal(request?.headers.get("x-amz-checksum-sha256"), "c");
  assert.equal(request?.headers.get("authorization"), null);
  assert.equal(await request?.text(), "letter");
});

test("a refused upload is an error", async () => {
  await assert.rejects(upload(view, letter, new Service(new Response("", { status: 403 })).fetch), /403/);
});
