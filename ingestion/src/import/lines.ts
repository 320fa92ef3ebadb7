/**
 * Lines of a text file, plain or gzipped, with their numbers, in arrays of a few thousand: an iterator step for each of
 * a million lines would cost more than parsing them.
 *
 * Encoding: UTF-8 is required, or, where `latin1Allowed` (the published MovieLens .dat and u.item files are ISO-8859-1),
 * a file that is not UTF-8 is read as ISO-8859-1. A byte-order mark is dropped; \n and \r\n both end a line.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { UserError } from "@thewatcher/kit/result";

export interface LineChunk {
  /** 1-based number of the first line. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** A longer line is no line of an interaction file: it is refused instead of filling the memory. */
const LINE_CHARACTERS_MAX = 65_536;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

async function isGzip(path: string): Promise<boolean> {
  await using handle = await open(path, "r");
  const { bytesRead, buffer } = await handle.read(new Uint8Array(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === GZIP_MAGIC[0] && buffer[1] === GZIP_MAGIC[1];
}

async function* byteChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  if (!(await isGzip(path))) {
    yield* file;
    return;
  }
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on("error", (error) => gunzip.destroy(error));
  try {
    yield* Readable.from(file.pipe(gunzip)) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new UserError(`${path}: the gzip data is damaged or cut off (${(cause as Error).message})`, { cause });
  }
}

async function isUtf8(path: string): Promise<boolean> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of byteChunks(path)) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof UserError) throw error;
    return false;
  }
}

export async function* readLines(
  path: string,
  options: { readonly latin1Allowed: boolean } = { latin1Allowed: false },
): AsyncGenerator<LineChunk> {
  const latin1 = options.latin1Allowed && !(await isUtf8(path));
  const decoder = new TextDecoder(latin1 ? "latin1" : "utf-8", { fatal: true });
  let rest = "";
  let firstLine = 1;
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new UserError(`${path}: behind line ${firstLine}: not UTF-8 (save the file as UTF-8 and import again)`, {
        cause,
      });
    }
  };
  for await (const chunk of byteChunks(path)) {
    const text = rest + decode(chunk);
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      rest = text;
    } else {
      rest = text.slice(end + 1);
      const lines = text.slice(0, end).split("\n");
      yield { firstLine, lines: lines.map(withoutReturn) };
      firstLine += lines.length;
    }
    if (rest.length > LINE_CHARACTERS_MAX) {
      throw new UserError(
        `${path}: line ${firstLine} is longer than ${LINE_CHARACTERS_MAX} characters: not a text file of one interaction a line`,
      );
    }
  }
  rest += decode();
  if (rest !== "") yield { firstLine, lines: [withoutReturn(rest)] };
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);

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
