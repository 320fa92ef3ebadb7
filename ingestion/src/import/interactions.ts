/**
 * Interactions out of any file: user, item[, value][, timestamp], as tsv, csv or jsonl, gzipped or not.
 * With a header (or JSON keys) the columns are found by name, without one by place. A row with a value is a watch of
 * that strength, or with `valuesAreStars` a rating; without times the order of a user's rows stands for them.
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { UserError } from "@thewatcher/kit/result";
import { readLines, splitFields } from "./lines.ts";
import { fingerprintOf, SYNTHETIC_EPOCH_MS } from "./movielens.ts";
import type { ImportRow, ImportSource } from "./source.ts";

/** Names of columns, lower case, in the order of preference. */
const COLUMN_NAMES = {
  user: ["user", "user_id", "userid", "profile", "profile_id", "profileid", "uid"],
  item: ["item", "item_id", "itemid", "title", "title_id", "titleid", "movie", "movie_id", "movieid", "iid"],
  value: ["value", "rating", "weight", "strength", "score", "stars"],
  time: ["timestamp", "time", "ts", "occurred_at", "occurredat", "datetime", "date"],
} as const;
type Column = keyof typeof COLUMN_NAMES;
type Format = "tsv" | "csv" | "jsonl";

/** Ids are kept as text: 1 and "1" are the same, "01" is another. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9:._-]{0,38}$/;

export async function openInteractions(
  path: string,
  options: { readonly source?: string | undefined; readonly valuesAreStars: boolean },
): Promise<ImportSource> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) throw new UserError(`${path}: no such file`);
  const name = basename(path).replace(/\.gz$/, "");
  const format = (/\.(tsv|csv|jsonl)$/.exec(name)?.[1] ?? "") as Format | "";
  if (format === "")
    throw new UserError(`${path}: the name must end in .tsv, .csv or .jsonl (with .gz behind it where gzipped)`);
  const source = options.source ?? name.replace(/\.[a-z]+$/, "");
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$/.test(source)) {
    throw new UserError(
      `--source ${JSON.stringify(source)}: 1 to 24 letters, digits and . _ - are accepted (it is the prefix of the imported ids)`,
    );
  }
  const columns = format === "jsonl" ? undefined : await findColumns(path, format);
  const timed = format === "jsonl" ? await firstRowHasTime(path) : columns?.places.time !== undefined;
  return {
    source,
    layout: format,
    rowsExpected: undefined,
    timeQuality: timed ? "observed" : "synthetic",
    fingerprint: await fingerprintOf(`${format}\n${source}\n${options.valuesAreStars}`, [path]),
    titles: [],
    rows: () => readRows(path, format, columns, options.valuesAreStars, timed),
  };
}

interface Columns {
  readonly places: Partial<Record<Column, number>>;
  readonly hasHeader: boolean;
  readonly count: number;
}

const separatorOf = (format: "tsv" | "csv"): string => (format === "tsv" ? "\t" : ",");

async function firstLine(path: string): Promise<string> {
  for await (const chunk of readLines(path)) return (chunk.lines[0] ?? "").replace(/^\uFEFF/, "");
  throw new UserError(`${path}: the file is empty`);
}

async function findColumns(path: string, format: "tsv" | "csv"): Promise<Columns> {
  const line = await firstLine(path);
  const fields = splitFields(line, separatorOf(format))?.map((field) => field.trim());
  if (!fields || fields.length < 2) {
    throw new UserError(
      `${path}: line 1: at least a user and an item separated by ${format === "tsv" ? "a tab" : "a comma"} are expected`,
    );
  }
  const lower = fields.map((field) => field.toLowerCase());
  const place = (column: Column): number | undefined => {
    const index = COLUMN_NAMES[column].map((known) => lower.indexOf(known)).find((at) => at >= 0);
    return index;
  };
  const named = { user: place("user"), item: place("item") };
  if (named.user !== undefined && named.item !== undefined) {
    const known = new Set([named.user, named.item, place("value"), place("time")]);
    const unknown = fields.filter((_, index) => !known.has(index));
    if (unknown.length > 0) {
      throw new UserError(
        `${path}: line 1: unknown column ${unknown.map((field) => JSON.stringify(field)).join(", ")}; accepted: user, item, value, timestamp (or ${COLUMN_NAMES.value.slice(1).join(", ")}; ${COLUMN_NAMES.time.slice(1).join(", ")})`,
      );
    }
    return {
      places: definedPlaces({ ...named, value: place("value"), time: place("time") }),
      hasHeader: true,
      count: fields.length,
    };
  }
  if (lower.some((field) => (Object.values(COLUMN_NAMES).flat() as string[]).includes(field))) {
    throw new UserError(
      `${path}: line 1: the header ${JSON.stringify(line.slice(0, 120))} names no user or no item column; accepted: user, item, value, timestamp`,
    );
  }
  if (fields.length > 4) {
    throw new UserError(
      `${path}: line 1: ${fields.length} columns without a header; at most user, item, value, timestamp are accepted`,
    );
  }
  return {
    places: definedPlaces({
      user: 0,
      item: 1,
      value: fields.length > 2 ? 2 : undefined,
      time: fields.length > 3 ? 3 : undefined,
    }),
    hasHeader: false,
    count: fields.length,
  };
}

function definedPlaces(places: Record<Column, number | undefined>): Partial<Record<Column, number>> {
  return Object.fromEntries(Object.entries(places).filter(([, place]) => place !== undefined));
}

async function firstRowHasTime(path: string): Promise<boolean> {
  const line = await firstLine(path);
  const row = parseJsonRow(line);
  return row !== undefined && COLUMN_NAMES.time.some((name) => name in row);
}

function parseJsonRow(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key.toLowerCase(), field]));
  } catch {
    return undefined;
  }
}

async function* readRows(
  path: string,
  format: Format,
  columns: Columns | undefined,
  valuesAreStars: boolean,
  timed: boolean,
): AsyncGenerator<readonly ImportRow[]> {
  const positions = new Map<string, number>();
  for await (const chunk of readLines(path)) {
    const rows: ImportRow[] = [];
    for (const [index, raw] of chunk.lines.entries()) {
      const number = chunk.firstLine + index;
      const line = number === 1 ? raw.replace(/^\uFEFF/, "") : raw;
      if (line === "" || (number === 1 && columns?.hasHeader)) continue;
      const refuse = (what: string): never => {
        throw new UserError(`${path}: line ${number}: ${what} (${JSON.stringify(line.slice(0, 120))})`);
      };
      const fields =
        format === "jsonl" ? jsonFields(line) : separatedFields(line, separatorOf(format), columns as Columns);
      if (typeof fields === "string") return refuse(fields);
      const user = fields.user ?? "";
      const item = fields.item ?? "";
      if (!ID_PATTERN.test(user)) refuse(`the user ${JSON.stringify(user)} is not 1 to 39 letters, digits and : . _ -`);
      if (!ID_PATTERN.test(item)) refuse(`the item ${JSON.stringify(item)} is not 1 to 39 letters, digits and : . _ -`);
      const value = fields.value === undefined || fields.value === "" ? undefined : Number(fields.value);
      if (
        value !== undefined &&
        valuesAreStars &&
        !(value >= 0.5 && value <= 5 && value * 2 === Math.floor(value * 2))
      ) {
        refuse(`the value ${JSON.stringify(fields.value)} is not one of 0.5, 1, … 5 stars`);
      }
      if (value !== undefined && !(value > 0 && value <= 1e6))
        refuse(`the value ${JSON.stringify(fields.value)} is not a number above 0, at most 1000000`);
      let occurredAt: number;
      if (timed) {
        occurredAt = instantOf(fields.time);
        if (Number.isNaN(occurredAt))
          refuse(
            `the timestamp ${JSON.stringify(fields.time ?? "")} is not seconds or milliseconds since 1970, nor ISO 8601`,
          );
      } else {
        const position = positions.get(user) ?? 0;
        positions.set(user, position + 1);
        occurredAt = SYNTHETIC_EPOCH_MS + position * 60_000;
      }
      rows.push({
        user,
        item,
        stars: valuesAreStars ? value : undefined,
        strength: valuesAreStars ? undefined : value,
        occurredAt,
      });
    }
    if (rows.length > 0) yield rows;
  }
}

type Fields = Partial<Record<Column, string>>;

function separatedFields(line: string, separator: string, columns: Columns): Fields | string {
  const parts = splitFields(line, separator);
  if (!parts) return "a quote is not closed";
  if (parts.length !== columns.count) return `${columns.count} columns expected, ${parts.length} found`;
  const fields: Fields = {};
  for (const [column, place] of Object.entries(columns.places)) fields[column as Column] = parts[place]?.trim() ?? "";
  return fields;
}

function jsonFields(line: string): Fields | string {
  const row = parseJsonRow(line);
  if (!row) return "not a JSON object";
  const fields: Fields = {};
  for (const [column, names] of Object.entries(COLUMN_NAMES)) {
    const name = names.find((known) => known in row);
    const value = name === undefined ? undefined : row[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "string" && typeof value !== "number") return `${name} is neither text nor a number`;
    fields[column as Column] = String(value);
  }
  return fields;
}

/** Seconds (below 10^11) or milliseconds since 1970, or ISO 8601; NaN for anything else. */
export function instantOf(text: string | undefined): number {
  if (text === undefined || text === "") return Number.NaN;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return Math.round(number < 1e11 ? number * 1000 : number);
  }
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}
