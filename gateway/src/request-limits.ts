/**
 * What a request may hold before anybody looks at what it says. Node refuses 16 KiB of headers by itself, in bare words;
 * ours come first, as problems. Bodies are counted by whoever reads them too: a header is not believed.
 */
import type { IncomingMessage } from "node:http";
import { EDITED_DOCUMENT_BYTES_MAX } from "@thewatcher/contracts/api/editor";
import { EVENT_BATCH_BYTES_MAX } from "@thewatcher/contracts/events";
import { type Problem, problem } from "@thewatcher/contracts/problems";

/** A browser sends about 20, some proxies add 10. */
const HEADERS_MAX = 64;
/** All names and values. A browser's are 1 to 2 KB with cookies. */
const HEADER_BYTES_MAX = 12_288;
/** Path and query: the longest of ours names 100 titles of 64 characters. */
const URL_BYTES_MAX = 8_192;
/** An editor's document is the largest body that comes by this door; imports come by the admin listener. */
const BODY_BYTES_MAX = Math.max(EVENT_BATCH_BYTES_MAX, EDITED_DOCUMENT_BYTES_MAX);
/** Of these a message has one; two, and two readers of it may choose differently. */
const SINGLE: readonly string[] = ["host", "content-length", "authorization", "origin", "content-type"];

/** What is wrong with it; undefined: nothing. */
export function overLimit(
  url: string,
  contentLength: string | null,
  incoming: Pick<IncomingMessage, "rawHeaders"> | undefined,
): Problem | undefined {
  if (url.length > URL_BYTES_MAX) {
    return problem("uri-too-long", { detail: `A path with its query may hold at most ${URL_BYTES_MAX} bytes.` });
  }
  if (contentLength !== null && !(Number(contentLength) <= BODY_BYTES_MAX)) {
    return problem("body-too-large", { detail: `A body may hold at most ${BODY_BYTES_MAX} bytes.` });
  }
  return incoming && headersOverLimit(incoming.rawHeaders);
}

function headersOverLimit(raw: readonly string[]): Problem | undefined {
  if (raw.length > 2 * HEADERS_MAX) {
    return problem("headers-too-large", { detail: `A request may have at most ${HEADERS_MAX} headers.` });
  }
  let bytes = 0;
  let seen = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    bytes += name.length + (raw[i + 1] as string).length;
    // Most names are of another length than all of these.
    const index = name.length >= 4 && name.length <= 14 ? SINGLE.indexOf(name.toLowerCase()) : -1;
    if (index < 0) continue;
    if (seen & (1 << index)) return problem("bad-request", { detail: `The header ${SINGLE[index]} stands twice.` });
    seen |= 1 << index;
  }
  return bytes > HEADER_BYTES_MAX
    ? problem("headers-too-large", { detail: `The headers may hold at most ${HEADER_BYTES_MAX} bytes.` })
    : undefined;
}
