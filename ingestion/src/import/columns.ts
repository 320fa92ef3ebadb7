/**
 * Rows of a tsv, csv or jsonl file, gzipped or not, by column: with a header (or JSON keys) the columns are found by
 * name, without one by place. What the columns are is the caller's: interactions, titles with genres.
 * A mistake is one line that names the file, the line and what is accepted.
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { fileMistake, readLines, splitFields } from "./lines.ts";
import { quoted } from "./source.ts";

/** Which columns a file may have, in the order in which they stand where there is no header. */
export interface ColumnTable<Column extends string> {
  /** Lower case; the first is what messages call it. A column without a name is never there. */
  readonly names: Readonly<Record<Column, readonly string[]>>;
  readonly required: readonly Column[];
  /** "user, item, value, timestamp": what a file without a header holds. */
  readonly byPlace: readonly Column[];
  /** The file holds these: "interactions". */
  readonly rows: string;
}

/** What a row says, as text, in the order of `names`: an array, because an object with keys costs half as much again. */
export type Fields = readonly (string | undefined)[];

/** Names of an interaction's columns, lower case. */
export const INTERACTION_COLUMNS = {
  names: {
    user: ["user", "user_id", "userid", "profile", "profile_id", "profileid", "uid"],
    item: ["item", "item_id", "itemid", "title", "title_id", "titleid", "movie", "movie_id", "movieid", "iid"],
    value: ["value", "rating", "weight", "strength", "score", "stars"],
    time: ["timestamp", "time", "ts", "occurred_at", "occurredat", "datetime", "date"],
  },
  required: ["user", "item"],
  byPlace: ["user", "item", "value", "time"],
  rows: "interactions",
} as const satisfies ColumnTable<string>;

export type FileFormat = "tsv" | "csv" | "jsonl";

export interface ColumnFile<Column extends string> {
  readonly path: string;
  /** Without folder, `.gz` and the format's ending. */
  readonly stem: string;
  readonly format: FileFormat;
  readonly bytesTotal: number;
  /** Whether the first row has this column (then every row is to have it, as a field that may be empty). */
  has(column: Column): boolean;
  /** Where the first line stands, for messages about it. */
  readonly firstLineNumber: number;
  /** Lines up to this one are not rows. */
  readonly headerLine: number;
  /** The fields of a line, or what is wrong with it. */
  fields(line: string): Fields | string;
}

export async function openColumns<Column extends string>(
  path: string,
  table: ColumnTable<Column>,
): Promise<ColumnFile<Column>> {
  const info = await stat(path).catch((error) => {
    throw fileMistake(path, error);
  });
  if (info.isDirectory()) throw new UserError(`${path}: is a folder; a file is expected`);
  const name = basename(path).replace(/\.gz$/, "");
  const format = (/\.(tsv|csv|jsonl)$/.exec(name)?.[1] ?? "") as FileFormat | "";
  if (format === "")
    throw new UserError(`${path}: the name must end in .tsv, .csv or .jsonl (with .gz behind it where gzipped)`);
  const first = await firstLine(path, table.rows);
  const reader = format === "jsonl" ? jsonReader(path, first, table) : separatedReader(path, first, format, table);
  return {
    path,
    stem: name.replace(/\.[a-z]+$/, ""),
    format,
    bytesTotal: info.size,
    firstLineNumber: first.number,
    ...reader,
  };
}

/** The one-line error of a row. */
export function rowMistake(path: string, lineNumber: number, what: string, line: string): UserError {
  return new UserError(`${path}: line ${lineNumber}: ${what} (${quoted(line)})`);
}

export function noRows(path: string, rows: string): UserError {
  return new UserError(`${path}: the file is empty: it holds no ${rows} behind its header`);
}

type Reader<Column extends string> = Pick<ColumnFile<Column>, "has" | "headerLine" | "fields">;

interface FirstLine {
  readonly text: string;
  readonly number: number;
}

/** The first that is not empty. */
async function firstLine(path: string, rows: string): Promise<FirstLine> {
  for await (const { lines, firstLine } of readLines(path)) {
    const index = lines.findIndex((line) => line !== "");
    if (index >= 0) return { text: lines[index] as string, number: firstLine + index };
  }
  throw new UserError(`${path}: the file is empty: it holds no ${rows}`);
}

const entriesOf = <Column extends string>({ names }: ColumnTable<Column>) =>
  Object.entries(names) as [Column, readonly string[]][];

const columnsByName = <Column extends string>(table: ColumnTable<Column>): ReadonlyMap<string, Column> =>
  new Map(entriesOf(table).flatMap(([column, names]) => names.map((name) => [name, column] as const)));

/** "user, item, value, timestamp (or user_id, userid…; item_id…)" */
function acceptedColumns<Column extends string>(table: ColumnTable<Column>): string {
  const others = entriesOf(table)
    .map(([, names]) => names.slice(1).join(", "))
    .filter((text) => text !== "");
  const first = entriesOf(table).flatMap(([, names]) => names.slice(0, 1));
  return `${first.join(", ")}${others.length === 0 ? "" : ` (or ${others.join("; ")})`}`;
}

const firstNames = <Column extends string>({ names }: ColumnTable<Column>, columns: readonly Column[]): string =>
  columns.map((column) => names[column][0]).join(", ");

function separatedReader<Column extends string>(
  path: string,
  first: FirstLine,
  format: "tsv" | "csv",
  table: ColumnTable<Column>,
): Reader<Column> {
  const separator = format === "tsv" ? "\t" : ",";
  const refuse = (what: string): never => {
    throw new UserError(`${path}: line ${first.number}: ${what}`);
  };
  const names = splitFields(first.text, separator)?.map((field) => field.trim());
  if (!names) return refuse(`a quote is not closed (${quoted(first.text)})`);
  const { required, byPlace } = table;
  if (names.length < required.length) {
    return refuse(
      `at least ${required.map((column) => `${/^[aeio]/.test(column) ? "an" : "a"} ${column}`).join(" and ")} separated by ${format === "tsv" ? "a tab" : "a comma"} are expected (${quoted(first.text)})`,
    );
  }
  const known = columnsByName(table);
  const columns = names.map((name) => known.get(name.toLowerCase()));
  const hasHeader = columns.some((column) => column !== undefined);
  const all = entriesOf(table).map(([column]) => column);
  /** Where each column stands, or -1. */
  const places = all.map((column) => (hasHeader ? placeOf(column) : placeWithoutHeader(column)));
  function placeOf(column: Column): number {
    const at = columns.indexOf(column);
    const again = columns.indexOf(column, at + 1);
    if (at >= 0 && again >= 0)
      refuse(`the columns ${quoted(names?.[at] ?? "")} and ${quoted(names?.[again] ?? "")} both name the ${column}`);
    return at;
  }
  function placeWithoutHeader(column: Column): number {
    const at = byPlace.indexOf(column);
    return at < (names?.length ?? 0) ? at : -1;
  }
  const present = new Set(all.filter((_, index) => (places[index] ?? -1) >= 0));
  const has = (column: Column): boolean => present.has(column);
  if (hasHeader) {
    const unknown = names.filter((_, index) => columns[index] === undefined);
    if (unknown.length > 0) {
      refuse(`unknown column ${unknown.slice(0, 5).map(quoted).join(", ")}; accepted: ${acceptedColumns(table)}`);
    }
    const missing = required.find((column) => !has(column));
    if (missing !== undefined) {
      refuse(`no column of the ${missing} in ${quoted(first.text)}; accepted: ${acceptedColumns(table)}`);
    }
  } else if (names.length > byPlace.length) {
    refuse(`${names.length} columns without a header; at most ${firstNames(table, byPlace)} are accepted`);
  }
  const width = names.length;
  return {
    has,
    headerLine: hasHeader ? first.number : 0,
    fields(line) {
      const parts = splitFields(line, separator);
      if (!parts) return "a quote is not closed";
      if (parts.length !== width) return `${width} columns expected, ${parts.length} found`;
      const fields: (string | undefined)[] = [];
      for (let i = 0; i < places.length; i++) fields.push(parts[places[i] as number]?.trim());
      return fields;
    },
  };
}

function jsonReader<Column extends string>(path: string, first: FirstLine, table: ColumnTable<Column>): Reader<Column> {
  const all = entriesOf(table).map(([column]) => column);
  const known = columnsByName(table);
  const accepted = acceptedColumns(table);
  const fieldsOf = (line: string): Fields | string => jsonFields(line, all, known, accepted);
  const row = fieldsOf(first.text);
  if (typeof row === "string") throw rowMistake(path, first.number, row, first.text);
  const present = new Set(all.filter((_, index) => row[index] !== undefined));
  return { has: (column) => present.has(column), headerLine: 0, fields: fieldsOf };
}

function jsonFields<Column extends string>(
  line: string,
  all: readonly Column[],
  known: ReadonlyMap<string, Column>,
  accepted: string,
): Fields | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return "not JSON";
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return "not a JSON object";
  const fields: (string | undefined)[] = all.map(() => undefined);
  for (const [name, value] of Object.entries(parsed)) {
    const column = known.get(name.toLowerCase());
    if (column === undefined) return `unknown field ${quoted(name)}; accepted: ${accepted}`;
    const place = all.indexOf(column);
    if (fields[place] !== undefined) return `the field ${quoted(name)} names the ${column} once more`;
    if (value === null) continue;
    if (typeof value === "number") {
      // A larger whole number has lost digits already.
      if (column !== VALUE && Number.isInteger(value) && !Number.isSafeInteger(value)) {
        return `the number in ${quoted(name)} is too large to be exact; write it in quotes`;
      }
      fields[place] = String(value);
    } else if (typeof value === "string") {
      fields[place] = value;
    } else {
      return `${quoted(name)} is neither text nor a number`;
    }
  }
  return fields;
}

/** The one column whose numbers are sizes, not names or places: it may be rounded. */
const VALUE = "value";
