/** What an import reads, whatever the layout: titles, then rows in bounded arrays; and what all layouts check alike. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import type { TitleId } from "@thewatcher/contracts/ids";
import { UserError } from "@thewatcher/kit/user-error";
import { fileMistake } from "./lines.ts";

export interface ImportRow {
  /** The ids of the source, as text. */
  readonly user: string;
  readonly item: string;
  /** A rating in half stars, or undefined: then it is a watch of this strength (undefined: unknown). */
  readonly stars: number | undefined;
  readonly strength: number | undefined;
  /** Milliseconds since the epoch. */
  readonly occurredAt: number;
}

export interface RowChunk {
  readonly rows: readonly ImportRow[];
  /** Bytes of the file read up to here, as it lies on the disk (gzipped or not): what a bar shows. */
  readonly bytesRead: number;
}

export interface ImportSource {
  /** Prefix of external ids: `ml-1m`. */
  readonly source: string;
  readonly layout: string;
  /** Of the file of rows: the end of `bytesRead`. */
  readonly bytesTotal: number;
  readonly timeQuality: "observed" | "synthetic";
  /** SHA-256 over the layout and the files' bytes: the same files again are the same import. */
  readonly fingerprint: string;
  readonly titles: readonly TitleDetails[];
  /** Throws UserError naming file and line at the first row that is none. */
  rows(): AsyncIterable<RowChunk>;
}

/** Where a source has an order but no times: position p lies p minutes behind this instant. */
export const SYNTHETIC_EPOCH_MS = Date.UTC(2000, 0, 1);
/** Nobody watched anything behind it: a larger number is another unit (microseconds). */
export const OCCURRED_AT_END_MS = Date.UTC(2100, 0, 1);

export const titleIdOf = (source: string, item: string): TitleId => `${source}:${item}` as TitleId;

/** 24 for the source, a colon, 39 for the id: identifiers have at most 64 characters. */
const SOURCE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/;
export const isSourceName = (name: string): boolean => SOURCE_PATTERN.test(name);

export function requireSourceName(name: string): string {
  if (isSourceName(name)) return name;
  throw new UserError(
    `--source ${JSON.stringify(name)}: 1 to 24 letters, digits and . _ - are accepted, a letter or digit first (it is the prefix of the imported ids)`,
  );
}

export async function fingerprintOf(name: string, paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(name);
  for (const path of paths) {
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
    } catch (error) {
      throw fileMistake(path, error);
    }
  }
  return hash.digest("hex");
}

/** "1", "1.0", "1.5"… → stars. A look-up: a regular expression and `Number` for each of a million rows took 0.2 s. */
const STARS = new Map(
  Array.from({ length: 10 }, (_, index) => (index + 1) / 2).flatMap((stars) => [
    [String(stars), stars],
    [stars.toFixed(1), stars],
    [stars.toFixed(2), stars],
  ]),
);
export const starsOf = (text: string): number | undefined => STARS.get(text);

/** Digits only, at most 15 (exact as a number); NaN for anything else. */
export function wholeNumberOf(text: string): number {
  const { length } = text;
  if (length === 0 || length > 15) return Number.NaN;
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The beginning of a line, for a message. */
export const quoted = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
