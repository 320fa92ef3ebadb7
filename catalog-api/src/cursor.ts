/** Cursors of paged lists: the sort key of the last row shown, opaque to the client, checked on the way back. */

const SEPARATOR = "\n";
const TEXT = /^[\x20-\x7e]+$/;

export const encodeCursor = (parts: readonly string[]): string =>
  Buffer.from(parts.join(SEPARATOR), "utf8").toString("base64url");

/** The parts, or undefined for anything that `encodeCursor` did not make of `partCount` of them. */
export function decodeCursor(cursor: string, partCount: number): readonly string[] | undefined {
  const bytes = Buffer.from(cursor, "base64url");
  if (bytes.toString("base64url") !== cursor) return undefined;
  const parts = bytes.toString("utf8").split(SEPARATOR);
  return parts.length === partCount && parts.every((part) => TEXT.test(part)) ? parts : undefined;
}
