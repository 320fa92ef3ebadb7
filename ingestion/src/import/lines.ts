/**
 * Lines of a text file, plain or gzipped, with their numbers, in arrays of a few thousand: an iterator step for each of
 * a million lines would cost more than parsing them.
 *
 * The bytes are cut behind their last line break and turned into text piece by piece: ASCII (nearly every piece) costs a
 * tenth of decoding UTF-8. UTF-8 is required, or, where `latin1Allowed` (the published MovieLens .dat and u.item files
 * are ISO-8859-1), a file that is not UTF-8 as a whole is read as ISO-8859-1. A byte-order mark is dropped; \n and \r\n
 * both end a line.
 */
import { isAscii, isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { UserError } from "@thewatcher/kit/user-error";

export interface LineChunk {
  /** 1-based number of the first line. */
  readonly firstLine: number;
  readonly lines: readonly string[];
  /** Bytes of the file read so far, as it lies on the disk. */
  readonly bytesRead: number;
}

/** A longer line is no line of an interaction file: it is refused instead of filling the memory. */
export const LINE_BYTES_MAX = 65_536;
const GZIP_MAGIC = [0x1f, 0x8b] as const;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LINE_BREAK = 0x0a;
const RETURN = 0x0d;
const PLAIN_READ_BYTES = 1 << 20;
/** Small, so that a bar moves on a small file too: unpacked, it is about a quarter of a megabyte. */
const GZIP_READ_BYTES = 1 << 16;

/** What the system says of a file, as a person's mistake. */
export function fileMistake(path: string, cause: unknown): UserError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: "no such file",
    EACCES: "this user may not read it",
    EPERM: "this user may not read it",
    EISDIR: "is a folder; a file is expected",
    ENOTDIR: "a part of the path is a file, not a folder",
  };
  return new UserError(`${path}: ${known[code ?? ""] ?? `cannot be read (${code ?? message})`}`, { cause });
}

interface Bytes {
  readonly bytes: Buffer;
  readonly bytesRead: number;
}

async function isGzip(path: string): Promise<boolean> {
  await using handle = await open(path, "r");
  const { bytesRead, buffer } = await handle.read(new Uint8Array(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === GZIP_MAGIC[0] && buffer[1] === GZIP_MAGIC[1];
}

async function* readBytes(path: string): AsyncGenerator<Bytes> {
  try {
    if (await isGzip(path)) {
      yield* unpack(path);
      return;
    }
    const file = createReadStream(path, { highWaterMark: PLAIN_READ_BYTES });
    for await (const bytes of file as AsyncIterable<Buffer>) yield { bytes, bytesRead: file.bytesRead };
  } catch (error) {
    throw error instanceof UserError ? error : fileMistake(path, error);
  }
}

async function* unpack(path: string): AsyncGenerator<Bytes> {
  const file = createReadStream(path, { highWaterMark: GZIP_READ_BYTES });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.once("error", (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  try {
    for await (const bytes of gunzip as AsyncIterable<Buffer>) yield { bytes, bytesRead: gunzip.bytesWritten };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw cause;
    throw new UserError(`${path}: the gzip data is damaged or cut off (${message}); copy the file again`, { cause });
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

interface Piece extends Bytes {
  readonly firstLine: number;
}

/** Whole lines, without the last line break. */
async function* readPieces(path: string): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  let firstLine = 1;
  let read = 0;
  for await (const { bytes, bytesRead } of readBytes(path)) {
    read = bytesRead;
    const end = bytes.lastIndexOf(LINE_BREAK);
    if (end < 0) {
      rest = Buffer.concat([rest, bytes]);
    } else {
      const head = bytes.subarray(0, end);
      const whole = rest.length === 0 ? head : Buffer.concat([rest, head]);
      rest = bytes.subarray(end + 1);
      yield { bytes: whole, bytesRead, firstLine };
      firstLine += countLines(whole);
    }
    // Asked of what is left only: a complete line that is too long is found with its number when it is cut.
    if (rest.length > LINE_BYTES_MAX) throw tooLong(path, firstLine);
  }
  if (rest.length > 0) yield { bytes: rest, bytesRead: read, firstLine };
}

function countLines(bytes: Buffer): number {
  let count = 1;
  for (let at = bytes.indexOf(LINE_BREAK); at >= 0; at = bytes.indexOf(LINE_BREAK, at + 1)) count++;
  return count;
}

const tooLong = (path: string, line: number): UserError =>
  new UserError(
    `${path}: line ${line} is longer than ${LINE_BYTES_MAX} bytes: not a text file of one interaction a line`,
  );

async function isUtf8File(path: string): Promise<boolean> {
  for await (const { bytes } of readPieces(path)) if (!isUtf8(bytes)) return false;
  return true;
}

export async function* readLines(
  path: string,
  options: { readonly latin1Allowed: boolean } = { latin1Allowed: false },
): AsyncGenerator<LineChunk> {
  const encoding = options.latin1Allowed && !(await isUtf8File(path)) ? "latin1" : "utf8";
  for await (const piece of readPieces(path)) {
    const { firstLine, bytesRead } = piece;
    const hasMark = firstLine === 1 && BYTE_ORDER_MARK.equals(piece.bytes.subarray(0, 3));
    const bytes = hasMark ? piece.bytes.subarray(3) : piece.bytes;
    const unreadable = findUnreadable(bytes, encoding);
    // What stands before a line that can't be read is read: an import keeps it.
    const readable = unreadable ? bytes.subarray(0, Math.max(0, unreadable.lineStart - 1)) : bytes;
    const lines = unreadable?.lineStart === 0 ? [] : textOf(readable, encoding).split("\n");
    if (readable.includes(RETURN)) for (let i = 0; i < lines.length; i++) lines[i] = withoutReturn(lines[i] as string);
    const long = lines.findIndex((line) => line.length > LINE_BYTES_MAX);
    if (long >= 0) lines.length = long;
    if (lines.length > 0) yield { firstLine, lines, bytesRead };
    if (long >= 0) throw tooLong(path, firstLine + long);
    if (unreadable) {
      throw new UserError(
        `${path}: line ${firstLine + lines.length}: ${unreadable.what} (save the file as UTF-8 and import again)`,
      );
    }
  }
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

type Encoding = "latin1" | "utf8";

const textOf = (bytes: Buffer, encoding: Encoding): string =>
  bytes.toString(encoding === "latin1" || isAscii(bytes) ? "latin1" : "utf8");

/** The first line that is no text of this encoding. */
function findUnreadable(bytes: Buffer, encoding: Encoding): { lineStart: number; what: string } | undefined {
  const nul = bytes.indexOf(0);
  const lineOfNul = nul < 0 ? undefined : { lineStart: bytes.lastIndexOf(LINE_BREAK, nul) + 1, what: A_NUL };
  if (encoding === "latin1" || isUtf8(bytes)) return lineOfNul;
  for (let start = 0; start < bytes.length; ) {
    if (start === lineOfNul?.lineStart) return lineOfNul;
    const lineBreak = bytes.indexOf(LINE_BREAK, start);
    const end = lineBreak < 0 ? bytes.length : lineBreak;
    if (!isUtf8(bytes.subarray(start, end))) return { lineStart: start, what: "not UTF-8" };
    start = end + 1;
  }
  return lineOfNul;
}
const A_NUL = "a NUL byte: not UTF-8 text";

/**
 * The fields of one line of CSV (RFC 4180: quotes around a field, doubled inside) or of any other single-line separator.
 * Undefined when a quote is not closed: fields with line breaks inside are not accepted in interaction files.
 */
export function splitFields(line: string, separator: string): string[] | undefined {
  if (!line.includes('"')) return line.split(separator);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let field = "";
      let end = at + 1;
      for (;;) {
        const quote = line.indexOf('"', end);
        if (quote < 0) return undefined;
        field += line.slice(end, quote);
        if (line[quote + 1] !== '"') {
          at = quote + 1;
          break;
        }
        field += '"';
        end = quote + 2;
      }
      fields.push(field);
      if (at >= line.length) return fields;
      if (!line.startsWith(separator, at)) return undefined;
      at += separator.length;
    } else {
      const next = line.indexOf(separator, at);
      fields.push(next < 0 ? line.slice(at) : line.slice(at, next));
      if (next < 0) return fields;
      at = next + separator.length;
    }
  }
}
