/**
 * Interactions out of any file: user, item[, value][, timestamp], as tsv, csv or jsonl, gzipped or not (`columns.ts`).
 * A row with a value is a watch of that strength, or with `valuesAreStars` a rating; without times the order of a user's
 * rows stands for them.
 */
import { UserError } from "@thewatcher/kit/user-error";
import { type ColumnFile, type Fields, INTERACTION_COLUMNS, noRows, openColumns, rowMistake } from "./columns.ts";
import { readLines } from "./lines.ts";
import {
  fingerprintOf,
  type ImportRow,
  type ImportSource,
  OCCURRED_AT_END_MS,
  quoted,
  type RowChunk,
  requireSourceName,
  SYNTHETIC_EPOCH_MS,
  starsOf,
} from "./source.ts";

/** Behind a source of 24 characters and a colon an identifier of 64 is full. */
const ID_CHARACTERS_MAX = 39;
const VALUE_MAX = 1_000_000;

type Column = keyof typeof INTERACTION_COLUMNS.names;

export async function openInteractions(
  path: string,
  options: { readonly source?: string | undefined; readonly valuesAreStars: boolean },
): Promise<ImportSource> {
  const file = await openColumns(path, INTERACTION_COLUMNS);
  const source = requireSourceName(options.source ?? file.stem);
  if (options.valuesAreStars && !file.has("value")) {
    throw new UserError(`${path}: --ratings needs a column of values: user, item, value[, timestamp]`);
  }
  return {
    source,
    layout: file.format,
    bytesTotal: file.bytesTotal,
    timeQuality: file.has("time") ? "observed" : "synthetic",
    fingerprint: await fingerprintOf(`${file.format}\n${source}\n${options.valuesAreStars}`, [path]),
    titles: [],
    rows: () => readRows(file, options.valuesAreStars),
  };
}

async function* readRows(file: ColumnFile<Column>, valuesAreStars: boolean): AsyncGenerator<RowChunk> {
  const { path } = file;
  const positions = new Map<string, number>();
  let count = 0;
  for await (const chunk of readLines(path)) {
    const rows: ImportRow[] = [];
    for (let i = 0; i < chunk.lines.length; i++) {
      const line = chunk.lines[i] as string;
      if (line === "" || chunk.firstLine + i <= file.headerLine) continue;
      const fields = file.fields(line);
      const row = typeof fields === "string" ? fields : rowOf(fields, file, valuesAreStars, positions);
      if (typeof row === "string") {
        // What stands before it is handed over first: an import keeps it.
        if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
        throw rowMistake(path, chunk.firstLine + i, row, line);
      }
      rows.push(row);
    }
    count += rows.length;
    if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
  }
  if (count === 0) throw noRows(path, INTERACTION_COLUMNS.rows);
}

/** The row, or what is wrong with it. */
function rowOf(
  fields: Fields,
  file: ColumnFile<Column>,
  valuesAreStars: boolean,
  positions: Map<string, number>,
): ImportRow | string {
  // By index: destructuring an array walks an iterator, a million times.
  const user = fields[0] ?? "";
  const item = fields[1] ?? "";
  const value = fields[2] ?? "";
  const time = fields[3];
  if (!isId(user)) return `the user ${quoted(user)} is not ${ACCEPTED_ID}`;
  if (!isId(item)) return `the item ${quoted(item)} is not ${ACCEPTED_ID}`;
  const stars = valuesAreStars ? starsOf(value) : undefined;
  if (valuesAreStars && stars === undefined) return `the value ${quoted(value)} is not one of 0.5, 1, … 5 stars`;
  const strength = valuesAreStars || value === "" ? undefined : strengthOf(value);
  if (Number.isNaN(strength)) return `the value ${quoted(value)} is not ${ACCEPTED_STRENGTH}`;
  const occurredAt = occurredAtOf(time, file);
  if (typeof occurredAt === "string") return occurredAt;
  if (occurredAt !== undefined) return { user, item, stars, strength, occurredAt };
  const position = positions.get(user) ?? 0;
  positions.set(user, position + 1);
  return { user, item, stars, strength, occurredAt: SYNTHETIC_EPOCH_MS + position * 60_000 };
}

/**
 * What the first line has, every line has: a row without a time among timed ones has no place in their order. Undefined
 * in a file without times; a text says what is wrong.
 */
export function occurredAtOf(
  time: string | undefined,
  file: Pick<ColumnFile<"time">, "has" | "firstLineNumber">,
): number | string | undefined {
  if (!file.has("time")) {
    return time === undefined
      ? undefined
      : `a timestamp, but line ${file.firstLineNumber} has none: all rows or none have one`;
  }
  const occurredAt = instantOf(time);
  return Number.isNaN(occurredAt)
    ? `the timestamp ${quoted(time ?? "")} is not seconds or milliseconds since 1970, nor ISO 8601 (UTC where no zone is given), of the years 1970 to 2099`
    : occurredAt;
}

/** Ids are kept as text: 1 and "1" are the same, "01" is another. */
const ACCEPTED_ID = `1 to ${ID_CHARACTERS_MAX} letters, digits and : . _ -, a letter or digit first`;
const ALPHANUMERIC = 2;
const PUNCTUATION = 1;
const KIND_OF_CHARACTER = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z0-9]/.test(character) ? ALPHANUMERIC : /[:._-]/.test(character) ? PUNCTUATION : 0;
});

/** A table instead of a regular expression: 2 million times in an import of a million rows. */
function isId(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > ID_CHARACTERS_MAX) return false;
  if (KIND_OF_CHARACTER[text.charCodeAt(0)] !== ALPHANUMERIC) return false;
  // Beyond the table: undefined, and so refused.
  for (let i = 1; i < length; i++) if (!KIND_OF_CHARACTER[text.charCodeAt(i)]) return false;
  return true;
}

export const ACCEPTED_STRENGTH = `a number above 0, at most ${VALUE_MAX}`;
const DECIMAL = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** NaN for anything but a number above 0. */
export function strengthOf(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value <= VALUE_MAX ? value : Number.NaN;
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO_INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/** Seconds (below 10^11) or milliseconds since 1970, or ISO 8601, in UTC where it names no zone; NaN for anything else. */
export function instantOf(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  let at = Number.NaN;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    at = Math.round(number < 1e11 ? number * 1000 : number);
  } else if (ISO_DATE.test(text)) {
    at = Date.parse(text);
  } else {
    const [, date, time, zone = "Z"] = ISO_INSTANT.exec(text) ?? [];
    if (date !== undefined) at = Date.parse(`${date}T${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, "$1:$2")}`);
  }
  return at >= 0 && at < OCCURRED_AT_END_MS ? at : Number.NaN;
}
