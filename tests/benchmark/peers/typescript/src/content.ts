// The type of a document by its beginning: what a practice's documents usually are.

const MARKS: [string, string, string][] = [
  ["\u00ff\u00d8\u00ff", "image/jpeg", "jpg"],
  ["\u0089PNG\r\n\u001a\n", "image/png", "png"],
  ["II*\0", "image/tiff", "tif"],
  ["MM\0*", "image/tiff", "tif"],
  ["GIF87a", "image/gif", "gif"],
  ["GIF89a", "image/gif", "gif"],
  ["{\\rtf", "application/rtf", "rtf"],
];

/** As much of a document as is looked at. */
export const BEGINNING = 4096;

/** The media type, and the extension of such a file. */
export function contentType(begin: Buffer): [string, string] {
  const text = begin.toString("latin1");
  const mark = MARKS.find(([mark]) => text.startsWith(mark));
  if (mark) return [mark[1], mark[2]];
  if (text.startsWith("%PDF-") || text.includes("\n%PDF-")) return ["application/pdf", "pdf"];
  if (/^\s*<(html|!doctype html)/i.test(text)) return ["text/html", "html"];
  if (/^[\t\n\f\r -~\u0080-\u00ff]+$/.test(text)) {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(begin, { stream: true });
      return ["text/plain; charset=utf-8", "txt"];
    } catch {
      return ["text/plain; charset=windows-1252", "txt"];
    }
  }
  return ["application/octet-stream", "bin"];
}
