/**
 * Interactions out of any file: user, item[, value][, timestamp], as tsv, csv or jsonl, gzipped or not.
 * With a header (or JSON keys) the columns are found by name, without one by place. A row with a value is a watch of
 * that strength, or with `valuesAreStars` a rating; without times the order of a user's rows stands for them.
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { fileMistake, readLines, splitFields } from "./lines.ts";
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

/** Names of columns, lower case. */
const COLUMN_NAMES = {
  user: ["user", "user_id", "userid", "profile", "profile_id", "profileid", "uid"],
  item: ["item", "item_id", "itemid", "title", "title_id", "titleid", "movie", "movie_id", "movieid", "iid"],
  value: ["value", "rating", "weight", "strength", "score", "stars"],
  time: ["timestamp", "time", "ts", "occurred_at", "occurredat", "datetime", "date"],
} as const;
type Column = keyof typeof COLUMN_NAMES;
type Format = "tsv" | "csv" | "jsonl";

const COLUMN_OF_NAME = new Map<string, Column>(
  Object.entries(COLUMN_NAMES).flatMap(([column, names]) => names.map((name) => [name, column as Column] as const)),
);
const ACCEPTED_COLUMNS = `user, item, value, timestamp (or ${COLUMN_NAMES.user.slice(1).join(", ")}; ${COLUMN_NAMES.item.slice(1).join(", ")}; ${COLUMN_NAMES.value.slice(1).join(", ")}; ${COLUMN_NAMES.time.slice(1).join(", ")})`;

/** Behind a source of 24 characters and a colon an identifier of 64 is full. */
const ID_CHARACTERS_MAX = 39;
const VALUE_MAX = 1_000_000;

/** Where each column stands, or that there is none. */
type Places = Readonly<Record<Column, number | undefined>>;
/** What a row says, as text. */
type Fields = { readonly [Name in Column]: string | undefined };

export async function openInteractions(
  path: string,
  options: { readonly source?: string | undefined; readonly valuesAreStars: boolean },
): Promise<ImportSource> {
  const info = await stat(path).catch((error) => {
    throw fileMistake(path, error);
  });
  if (info.isDirectory()) throw new UserError(`${path}: is a folder; a file is expected`);
  const name = basename(path).replace(/\.gz$/, "");
  const format = (/\.(tsv|csv|jsonl)$/.exec(name)?.[1] ?? "") as Format | "";
  if (format === "")
    throw new UserError(`${path}: the name must end in .tsv, .csv or .jsonl (with .gz behind it where gzipped)`);
  const source = requireSourceName(options.source ?? name.replace(/\.[a-z]+$/, ""));
  const first = await firstLine(path);
  const reader = format === "jsonl" ? jsonReader(path, first) : separatedReader(path, first, format);
  if (options.valuesAreStars && !reader.hasValue) {
    throw new UserError(`${path}: --ratings needs a column of values: user, item, value[, timestamp]`);
  }
  return {
    source,
    layout: format,
    bytesTotal: info.size,
    timeQuality: reader.hasTime ? "observed" : "synthetic",
    fingerprint: await fingerprintOf(`${format}\n${source}\n${options.valuesAreStars}`, [path]),
    titles: [],
    rows: () => readRows(path, reader, options.valuesAreStars),
  };
}

/** How one line becomes fields. */
interface Reader {
  readonly hasTime: boolean;
  readonly hasValue: boolean;
  /** Lines up to this one are not rows. */
  readonly headerLine: number;
  /** The fields, or what is wrong. */
  fields(line: string): Fields | string;
}

interface FirstLine {
  readonly text: string;
  readonly number: number;
}

/** The first that is not empty. */
async function firstLine(path: string): Promise<FirstLine> {
  for await (const { lines, firstLine } of readLines(path)) {
    const index = lines.findIndex((line) => line !== "");
    if (index >= 0) return { text: lines[index] as string, number: firstLine + index };
  }
  throw new UserError(`${path}: the file is empty: it holds no interactions`);
}

function separatedReader(path: string, first: FirstLine, format: "tsv" | "csv"): Reader {
  const separator = format === "tsv" ? "\t" : ",";
  const refuse = (what: string): never => {
    throw new UserError(`${path}: line ${first.number}: ${what}`);
  };
  const names = splitFields(first.text, separator)?.map((field) => field.trim());
  if (!names) return refuse(`a quote is not closed (${quoted(first.text)})`);
  if (names.length < 2) {
    return refuse(
      `at least a user and an item separated by ${format === "tsv" ? "a tab" : "a comma"} are expected (${quoted(first.text)})`,
    );
  }
  const columns = names.map((name) => COLUMN_OF_NAME.get(name.toLowerCase()));
  const hasHeader = columns.some((column) => column !== undefined);
  const places: Places = hasHeader
    ? { user: placeOf("user"), item: placeOf("item"), value: placeOf("value"), time: placeOf("time") }
    : { user: 0, item: 1, value: names.length > 2 ? 2 : undefined, time: names.length > 3 ? 3 : undefined };
  function placeOf(column: Column): number | undefined {
    const at = columns.indexOf(column);
    const again = columns.indexOf(column, at + 1);
    if (at >= 0 && again >= 0)
      refuse(`the columns ${quoted(names?.[at] ?? "")} and ${quoted(names?.[again] ?? "")} both name the ${column}`);
    return at < 0 ? undefined : at;
  }
  if (hasHeader) {
    const unknown = names.filter((_, index) => columns[index] === undefined);
    if (unknown.length > 0) {
      refuse(`unknown column ${unknown.slice(0, 5).map(quoted).join(", ")}; accepted: ${ACCEPTED_COLUMNS}`);
    }
    if (places.user === undefined || places.item === undefined) {
      refuse(
        `no column of the ${places.user === undefined ? "user" : "item"} in ${quoted(first.text)}; accepted: ${ACCEPTED_COLUMNS}`,
      );
    }
  } else if (names.length > 4) {
    refuse(`${names.length} columns without a header; at most user, item, value, timestamp are accepted`);
  }
  const field = (parts: readonly string[], place: number | undefined): string | undefined =>
    place === undefined ? undefined : parts[place]?.trim();
  return {
    hasTime: places.time !== undefined,
    hasValue: places.value !== undefined,
    headerLine: hasHeader ? first.number : 0,
    fields(line) {
      const parts = splitFields(line, separator);
      if (!parts) return "a quote is not closed";
      if (parts.length !== names.length) return `${names.length} columns expected, ${parts.length} found`;
      return {
        user: field(parts, places.user),
        item: field(parts, places.item),
        value: field(parts, places.value),
        time: field(parts, places.time),
      };
    },
  };
}

/** What the first line has, every line has: a row without a time among timed ones has no place in their order. */
function jsonReader(path: string, first: FirstLine): Reader {
  const row = jsonFields(first.text);
  if (typeof row === "string") {
    throw new UserError(`${path}: line ${first.number}: ${row} (${quoted(first.text)})`);
  }
  const hasTime = row.time !== undefined;
  return {
    hasTime,
    hasValue: row.value !== undefined,
    headerLine: 0,
    fields(line) {
      const fields = jsonFields(line);
      if (typeof fields === "string") return fields;
      if (!hasTime && fields.time !== undefined)
        return `a timestamp, but line ${first.number} has none: all rows or none have one`;
      return fields;
    },
  };
}

function jsonFields(line: string): Fields | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return "not JSON";
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "not a JSON object";
  const fields: Record<Column, string | undefined> = {
    user: undefined,
    item: undefined,
    value: undefined,
    time: undefined,
  };
  for (const [name, value] of Object.entries(parsed)) {
    const column = COLUMN_OF_NAME.get(name.toLowerCase());
    if (column === undefined) return `unknown field ${quoted(name)}; accepted: ${ACCEPTED_COLUMNS}`;
    if (fields[column] !== undefined) return `the field ${quoted(name)} names the ${column} once more`;
    if (value === null) continue;
    if (typeof value === "number") {
      // A larger whole number has lost digits already.
      if (column !== "value" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return `the number in ${quoted(name)} is too large to be exact; write it in quotes`;
      }
      fields[column] = String(value);
    } else if (typeof value === "string") {
      fields[column] = value;
    } else {
      return `${quoted(name)} is neither text nor a number`;
    }
  }
  return fields;
}

async function* readRows(path: string, reader: Reader, valuesAreStars: boolean): AsyncGenerator<RowChunk> {
  const positions = new Map<string, number>();
  let count = 0;
  for await (const chunk of readLines(path)) {
    const rows: ImportRow[] = [];
    for (let i = 0; i < chunk.lines.length; i++) {
      const line = chunk.lines[i] as string;
      if (line === "" || chunk.firstLine + i <= reader.headerLine) continue;
      const fields = reader.fields(line);
      const row = typeof fields === "string" ? fields : rowOf(fields, reader.hasTime, valuesAreStars, positions);
      if (typeof row === "string") {
        // What stands before it is handed over first: an import keeps it.
        if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
        throw new UserError(`${path}: line ${chunk.firstLine + i}: ${row} (${quoted(line)})`);
      }
      rows.push(row);
    }
    count += rows.length;
    if (rows.length > 0) yield { rows, bytesRead: chunk.bytesRead };
  }
  if (count === 0) throw new UserError(`${path}: the file is empty: it holds no interactions behind its header`);
}

/** The row, or what is wrong with it. */
function rowOf(
  fields: Fields,
  hasTime: boolean,
  valuesAreStars: boolean,
  positions: Map<string, number>,
): ImportRow | string {
  const { user = "", item = "", value = "" } = fields;
  if (!isId(user)) return `the user ${quoted(user)} is not ${ACCEPTED_ID}`;
  if (!isId(item)) return `the item ${quoted(item)} is not ${ACCEPTED_ID}`;
  const stars = valuesAreStars ? starsOf(value) : undefined;
  if (valuesAreStars && stars === undefined) return `the value ${quoted(value)} is not one of 0.5, 1, … 5 stars`;
  const strength = valuesAreStars || value === "" ? undefined : strengthOf(value);
  if (Number.isNaN(strength)) return `the value ${quoted(value)} is not a number above 0, at most ${VALUE_MAX}`;
  if (hasTime) {
    const occurredAt = instantOf(fields.time);
    if (Number.isNaN(occurredAt)) {
      return `the timestamp ${quoted(fields.time ?? "")} is not seconds or milliseconds since 1970, nor ISO 8601 (UTC where no zone is given), of the years 1970 to 2099`;
    }
    return { user, item, stars, strength, occurredAt };
  }
  const position = positions.get(user) ?? 0;
  positions.set(user, position + 1);
  return { user, item, stars, strength, occurredAt: SYNTHETIC_EPOCH_MS + position * 60_000 };
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

const DECIMAL = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** NaN for anything but a number above 0. */
function strengthOf(text: string): number {
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
