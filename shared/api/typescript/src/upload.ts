import type { DocumentRequest, UploadView } from "./schema.ts";

/** The body that announces a document: its length and its hash are those of the bytes. */
export async function announcement(
  documentId: string,
  contentType: DocumentRequest["contentType"],
  document: Blob,
): Promise<DocumentRequest> {
  const digest = await crypto.subtle.digest("SHA-256", await document.arrayBuffer());
  const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { documentId, contentType, bytes: document.size, sha256 };
}

/** Uploads a document to the link of its announcement, with the headers that the link asks for. */
export async function upload(
  view: UploadView,
  document: Blob,
  send: (request: Request) => Promise<Response> = fetch,
): Promise<void> {
  const request = new Request(view.uploadUrl, {
    method: "PUT",
    headers: view.uploadHeaders,
    // A blob with a type of its own would replace the header of the link.
    body: new Blob([document]),
  });
  const answer = await send(request);
  if (!answer.ok) {
    throw new Error(`the upload was refused with status ${answer.status}`);
  }
}
