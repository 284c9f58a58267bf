// The referral guide: connect the practice, fill in a referral from the patient's record, send it, and reply to it.
//
//     node examples/referral.ts .local/stack.json
import { announcement, connect, isProblem, newId, pages, poll, upload } from "@practice-bridge/client";
import type { AttachmentList, Attachment, DeliveryView, FamilyItem } from "@practice-bridge/client";

import { expect, inBp, pick, stack } from "./stack.ts";
import type { Demonstration } from "./stack.ts";

const local = stack();
const { practiceId, siteId } = pick(local.practices, () => true, "practice");
const bp = await inBp<Demonstration>(local, "GET", `/practices/${siteId}`);
const doctor = pick(bp.users, (user) => user.active && (user.group ?? "").includes("Doctor"), "active doctor");

// The clinician's browser, and the referral platform's server. Real suppliers get a new token each time.
const app = connect({ baseUrl: local.apiUrl, token: () => local.tokens.clinician });
const platform = connect({ baseUrl: local.apiUrl, token: () => local.tokens.platform });

// "The first step is often the simplest: try resetting the connection." After it, a code is needed.
await platform.delete("/v1/practices/{practiceId}/connection", { params: { path: { practiceId } } });

// Section Three: Settings > Software Integrations > Best Practice > Configure.
const clinician = { firstName: doctor.firstName, lastName: doctor.lastName };
const wrong = await app
  .put("/v1/practices/{practiceId}/connection", {
    params: { path: { practiceId } },
    body: { siteId, pairingCode: "00000000", clinician },
  })
  .catch((error: unknown) => error);
expect(isProblem(wrong, "pairing-code-refused"), "a wrong code is refused");
expect(wrong.steps.length > 0, "the problem says what to do");

const { pairingCode } = await inBp<{ pairingCode: string }>(local, "POST", `/practices/${siteId}/pairing-codes`);
const connection = await app.put("/v1/practices/{practiceId}/connection", {
  params: { path: { practiceId } },
  body: { siteId, pairingCode, clinician },
});
expect(connection.state === "connected", `connected with ${connection.practiceName}, Bp ${connection.pmsVersion}`);
expect(connection.you.linked, "the account is linked to its Bp user");

// Import Patient Data: search, choose, fill in the form.
const wanted = pick(bp.patients, (one) => one.lastName !== null && one.dateOfBirth !== null, "patient to try");
const { matches } = await app.post("/v1/practices/{practiceId}/patients/search", {
  params: { path: { practiceId } },
  body: { lastName: wanted.lastName ?? "", dateOfBirth: wanted.dateOfBirth ?? "" },
});
const match = pick(matches, (found) => found.lastName === wanted.lastName, "match");
const path = { practiceId, patientId: match.patientId };
const patient = await app.get("/v1/practices/{practiceId}/patients/{patientId}", { params: { path } });
expect(patient.dateOfBirth === wanted.dateOfBirth, "the form has the patient's demographics");

// Import Clinical Data: "nil known", "not recorded" and "could not be read" are different answers.
const record = await app.get("/v1/practices/{practiceId}/patients/{patientId}/clinical-summary", {
  params: { path, query: { sections: ["medications", "familyHistory", "social"] } },
});
const { medications, familyHistory } = record.sections;
expect(record.sections.allergies === undefined, "only the sections that were asked for are sent");
switch (medications?.status) {
  case "recorded":
    expect(medications.items.length > 0, `medications: ${medications.items.map(({ name }) => name ?? "?").join(", ")}`);
    break;
  case "nilKnown":
  case "notRecorded":
  case "unavailable":
  case undefined:
    throw new Error(`no medications: ${medications?.status}`);
}
const line = (item: FamilyItem): string => {
  switch (item.kind) {
    case "familyUnknown":
      return "family history unknown";
    case "parent":
      return `${item.relation}: ${item.alive === true ? "alive" : item.causeOfDeath ?? "not known"}`;
    case "relative":
      return `${item.relation ?? "a relative"}: ${item.condition ?? "not known"}`;
    case "comment":
      return item.text;
  }
};
expect((familyHistory?.items ?? []).every((item) => line(item) !== ""), "each line of the family history has a text");

// Import Attachments: list page by page, choose some, copy them, open one.
const documents: Attachment[] = [];
const list = (page: { cursor?: string }): Promise<AttachmentList> =>
  app.get("/v1/practices/{practiceId}/patients/{patientId}/attachments", {
    params: { path, query: { limit: 5, ...page } },
  });
for await (const document of pages(list)) {
  documents.push(document);
}
expect(documents.length > 5, `${documents.length} documents on several pages`);
const chosen = documents.filter(({ hasFile }) => hasFile === true).slice(0, 2);
const importId = newId();
await app.post("/v1/practices/{practiceId}/patients/{patientId}/attachment-imports", {
  params: { path },
  body: {
    importId,
    items: chosen.map(({ folder, documentId }) => ({ folder, documentId, category: "Pathology" })),
  },
});
const copies = await poll(
  () => app.get("/v1/practices/{practiceId}/attachment-imports/{importId}", { params: { path: { practiceId, importId } } }),
  ({ state }) => state !== "running",
);
expect(copies.state === "complete", "the documents are copied");
for (const { downloadUrl, bytes, category } of copies.items) {
  const file = await fetch(downloadUrl ?? "").then((answer) => answer.blob());
  expect(file.size === bytes && category === "Pathology", `a download of ${file.size} bytes`);
}

// Submit: upload the letter, refer, and follow the referral into Correspondence Out.
const letter = new Blob(["%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"]);
const documentId = newId();
const link = await app.post("/v1/practices/{practiceId}/documents", {
  params: { path: { practiceId } },
  body: await announcement(documentId, "application/pdf", letter),
});
await upload(link, letter);
const referral = {
  params: { path: { practiceId, referralId: newId() } },
  body: {
    patientId: match.patientId,
    patient: { lastName: wanted.lastName ?? "", dateOfBirth: wanted.dateOfBirth ?? "" },
    documentId,
    subject: "Referral to cardiology",
    recipientName: "Wattlebird Heart Clinic",
  },
};
const accepted = await app.put("/v1/practices/{practiceId}/referrals/{referralId}", referral);
const again = await app.put("/v1/practices/{practiceId}/referrals/{referralId}", referral);
expect(again.deliveryId === accepted.deliveryId, "the same request again is the same referral");
const other = await app
  .put("/v1/practices/{practiceId}/referrals/{referralId}", {
    ...referral,
    body: { ...referral.body, subject: "Something else" },
  })
  .catch((error: unknown) => error);
expect(isProblem(other, "id-in-use"), "the same id with another body is refused");

const follow = (deliveryId: string): Promise<DeliveryView> =>
  poll(
    () => app.get("/v1/practices/{practiceId}/deliveries/{deliveryId}", { params: { path: { practiceId, deliveryId } } }),
    ({ state }) => state === "delivered" || state === "checked" || state === "failed",
  );
const sent = await follow(accepted.deliveryId);
expect(sent.state === "delivered", `the letter is number ${sent.bpRecordId} in Correspondence Out`);

// The specialist's reply arrives in the clinician's unchecked inbox.
const reply = await platform.put("/v1/practices/{practiceId}/correspondence/{messageId}", {
  params: { path: { practiceId, messageId: newId() } },
  body: {
    patient: { patientId: match.patientId },
    addressee: { userId: doctor.userId },
    kind: "acknowledgement",
    subject: "Referral received",
    text: "Thank you for your referral. The patient is booked in.",
  },
});
const received = await follow(reply.deliveryId);
expect(received.state === "delivered", "the reply is in the doctor's inbox");
expect(received.addressedTo?.userId === doctor.userId, "it is addressed to the doctor");
