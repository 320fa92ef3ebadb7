/**
 * Interactions out of files as columns of numbers, for `thewatcher evaluate`: no store, no data folder. Several files
 * (train, test, exclude, history) share one numbering of users and items.
 *
 * Ids are kept as text: the number 1 and the text "1" are the same id, "01" is another. What does not fit into the
 * memory is refused by the number of rows, before it fails.
 */

import { createIdMapBuilder, type IdMap } from "@thewatcher/engine/id-map";
import type { ItemCategories } from "@thewatcher/engine/metrics/item-likeness";
import { type InteractionRows, PART } from "@thewatcher/engine/splits";
import {
  type ColumnFile,
  type ColumnTable,
  INTERACTION_COLUMNS,
  noRows,
  openColumns,
  rowMistake,
} from "@thewatcher/ingestion/import/columns";
import { ACCEPTED_STRENGTH, occurredAtOf, strengthOf } from "@thewatcher/ingestion/import/interactions";
import { readLines } from "@thewatcher/ingestion/import/lines";
import { UserError } from "@thewatcher/kit/user-error";
import { thousands } from "./console.ts";

const ID_CHARACTERS_MAX = 256;
/** A Map holds 2^24 keys; looked at after each piece of a file (at most 260,000 lines). */
const IDS_MAX = 16_000_000;
/**
 * A row here (up to 21 bytes, half as much again while the columns grow), then in the parts of the split (16 each, 24 while
 * they are made). Measured beyond the bare process: 52 bytes a row on 4 million rows without times; with them some 90.
 */
const BYTES_PER_ROW = 100;
/** Before the first growth. */
const ROWS_AT_FIRST = 2 ** 16;
const LINES_BETWEEN_REPORTS = 200_000;

export interface FilePart {
  readonly path: string;
  /** What its rows are for; `train` for a file that is split afterwards. */
  readonly part: keyof typeof PART;
}

export interface ReadOptions {
  /** A column of numbers that says the order of a user's rows where there are no times. */
  readonly orderColumn?: string | undefined;
  /** Rows below are left out: "ratings from 4 on". */
  readonly minValue?: number | undefined;
  readonly memoryBytesMax: number;
  readonly signal: AbortSignal;
  readonly progress: (report: { stage: string; fraction: number; detail: string }) => void;
}

export interface ReadInteractions {
  readonly rows: InteractionRows;
  readonly parts: Uint8Array<ArrayBuffer>;
  readonly users: IdMap;
  readonly items: IdMap;
  /** Rows left out for their value. */
  readonly belowMinValue: number;
}

interface InteractionFile {
  readonly file: ColumnFile<"user" | "item" | "value" | "time" | "order">;
  readonly part: number;
}

export async function readInteractionFiles(
  files: readonly FilePart[],
  options: ReadOptions,
): Promise<ReadInteractions> {
  const { orderColumn, minValue, memoryBytesMax, signal } = options;
  const table = tableWith(orderColumn);
  const opened: InteractionFile[] = [];
  for (const { path, part } of files) opened.push({ file: await openColumns(path, table), part: PART[part] });
  const order = orderOf(opened, orderColumn);
  if (minValue !== undefined) {
    for (const { file } of opened) {
      if (!file.has("value")) throw new UserError(`${file.path}: --min-value needs a column of values`);
    }
  }
  const hasValues = opened.some(({ file }) => file.has("value"));

  const users = createIdMapBuilder();
  const items = createIdMapBuilder();
  const rowsMax = Math.floor(memoryBytesMax / BYTES_PER_ROW);
  let columns = emptyColumns(ROWS_AT_FIRST, hasValues, order !== "asRead");
  let count = 0;
  let belowMinValue = 0;
  for (const { file, part } of opened) {
    const { path } = file;
    let rowsOfFile = 0;
    let reported = 0;
    let line = "";
    let lineNumber = 0;
    const refuse = (what: string): never => {
      throw rowMistake(path, lineNumber, what, line);
    };
    for await (const { lines, firstLine, bytesRead } of readLines(path)) {
      signal.throwIfAborted();
      for (let i = 0; i < lines.length; i++) {
        line = lines[i] as string;
        lineNumber = firstLine + i;
        if (line === "" || lineNumber <= file.headerLine) continue;
        const fields = file.fields(line);
        if (typeof fields === "string") return refuse(fields);
        // By index: destructuring an array walks an iterator, a million times.
        const user = fields[0] ?? "";
        const item = fields[1] ?? "";
        const value = fields[2] ?? "";
        const time = fields[3];
        const place = fields[4];
        if (!isId(user)) refuse(`the user ${quoted(user)} is not ${ACCEPTED_ID}`);
        if (!isId(item)) refuse(`the item ${quoted(item)} is not ${ACCEPTED_ID}`);
        const weight = value === "" ? 1 : strengthOf(value);
        if (Number.isNaN(weight)) refuse(`the value ${quoted(value)} is not ${ACCEPTED_STRENGTH}`);
        if (minValue !== undefined && value === "") refuse("no value, which --min-value asks for");
        let at = 0;
        if (order === "times" && file.has("time")) {
          const occurredAt = occurredAtOf(time, file);
          if (typeof occurredAt !== "number") return refuse(occurredAt ?? "no timestamp");
          at = occurredAt;
        } else if (order === "column" && file.has("order")) {
          at = NUMBER.test(place ?? "") ? Number(place) : Number.NaN;
          if (!Number.isFinite(at)) refuse(`the order ${quoted(place ?? "")} is not a number`);
        }
        rowsOfFile++;
        if (minValue !== undefined && weight < minValue) {
          belowMinValue++;
          continue;
        }
        if (count >= rowsMax) throw tooLarge(path, rowsMax, memoryBytesMax);
        if (count === columns.users.length) columns = grown(columns, Math.min(rowsMax, count * 2));
        columns.users[count] = users.add(user);
        columns.items[count] = items.add(item);
        if (columns.weights) columns.weights[count] = weight;
        if (columns.occurredAt) columns.occurredAt[count] = at;
        columns.parts[count] = part;
        count++;
      }
      if (users.size() > IDS_MAX || items.size() > IDS_MAX) {
        throw new UserError(`${path}: more than ${thousands(IDS_MAX)} different users or items are not accepted`);
      }
      if (rowsOfFile - reported >= LINES_BETWEEN_REPORTS) {
        reported = rowsOfFile;
        options.progress({
          stage: `reading ${path}`,
          fraction: bytesRead / file.bytesTotal,
          detail: `${thousands(rowsOfFile)} rows`,
        });
      }
    }
    if (rowsOfFile === 0) throw noRows(path, "interactions");
  }
  if (count === 0) throw new UserError(`no interaction has a value of at least ${minValue} (--min-value)`);
  const userMap = users.build();
  const itemMap = items.build();
  return {
    rows: {
      userCount: userMap.size,
      itemCount: itemMap.size,
      userIndices: columns.users.subarray(0, count),
      itemIndices: columns.items.subarray(0, count),
      weights: columns.weights?.subarray(0, count),
      occurredAt: columns.occurredAt?.subarray(0, count),
      timeQuality: order === "times" ? "observed" : "synthetic",
    },
    parts: columns.parts.slice(0, count),
    users: userMap,
    items: itemMap,
    belowMinValue,
  };
}

/** The columns of interactions, and the one that `--order` names; then nothing else may have that name. */
function tableWith(orderColumn: string | undefined): ColumnTable<"user" | "item" | "value" | "time" | "order"> {
  const name = orderColumn?.toLowerCase();
  const { user, item, value, time } = INTERACTION_COLUMNS.names;
  const without = (names: readonly string[]): string[] => names.filter((known) => known !== name);
  return {
    ...INTERACTION_COLUMNS,
    names: {
      user,
      item,
      value: without(value),
      time: without(time),
      order: name === undefined ? [] : [name],
    },
  };
}

/**
 * By what the rows of a user are ordered: one way for train and history, because they are one past. The times of what is
 * only looked for or left out mean nothing.
 */
function orderOf(files: readonly InteractionFile[], orderColumn: string | undefined): "times" | "column" | "asRead" {
  const ordered = files.filter(({ part }) => part === PART.train || part === PART.input);
  if (orderColumn !== undefined) {
    for (const { file } of ordered) {
      if (!file.has("order"))
        throw new UserError(`${file.path}: no column ${quoted(orderColumn)}, which --order names (a header is needed)`);
    }
    return "column";
  }
  const timed = ordered.filter(({ file }) => file.has("time"));
  if (timed.length === 0) return "asRead";
  const untimed = ordered.find(({ file }) => !file.has("time"));
  if (untimed) {
    throw new UserError(
      `${untimed.file.path}: no timestamps, but ${timed[0]?.file.path} has them: both or none of --train and --history have times`,
    );
  }
  return "times";
}

interface Columns {
  readonly users: Uint32Array<ArrayBuffer>;
  readonly items: Uint32Array<ArrayBuffer>;
  readonly parts: Uint8Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer> | undefined;
  readonly occurredAt: Float64Array<ArrayBuffer> | undefined;
}

const emptyColumns = (length: number, hasValues: boolean, hasOrder: boolean): Columns => ({
  users: new Uint32Array(length),
  items: new Uint32Array(length),
  parts: new Uint8Array(length),
  weights: hasValues ? new Float32Array(length) : undefined,
  occurredAt: hasOrder ? new Float64Array(length) : undefined,
});

function grown(columns: Columns, length: number): Columns {
  const larger = emptyColumns(length, columns.weights !== undefined, columns.occurredAt !== undefined);
  larger.users.set(columns.users);
  larger.items.set(columns.items);
  larger.parts.set(columns.parts);
  if (columns.weights) larger.weights?.set(columns.weights);
  if (columns.occurredAt) larger.occurredAt?.set(columns.occurredAt);
  return larger;
}

const tooLarge = (path: string, rowsMax: number, memoryBytesMax: number): UserError =>
  new UserError(
    `${path}: more than ${thousands(rowsMax)} interactions, which is what ${Math.round(memoryBytesMax / 2 ** 20).toLocaleString("en-US")} MiB of memory hold at ${BYTES_PER_ROW} bytes each; take a machine with more, or a part of the file`,
  );

const ACCEPTED_ID = `1 to ${ID_CHARACTERS_MAX} characters`;
const isId = (text: string): boolean => text.length > 0 && text.length <= ID_CHARACTERS_MAX;
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const quoted = (text: string): string => JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

/** One id a line, such as validation-users.txt; an unknown one is a mistake. */
export async function readIds(path: string, known: IdMap, what: string): Promise<Set<number>> {
  const indices = new Set<number>();
  for await (const { lines, firstLine } of readLines(path)) {
    for (let i = 0; i < lines.length; i++) {
      const id = (lines[i] as string).trim();
      if (id === "") continue;
      const index = known.indexOf(id);
      if (index === undefined)
        throw new UserError(`${path}: line ${firstLine + i}: no interaction has the ${what} ${quoted(id)}`);
      indices.add(index);
    }
  }
  if (indices.size === 0) throw new UserError(`${path}: the file is empty: one ${what} a line is expected`);
  return indices;
}

const TITLE_COLUMNS = {
  names: {
    item: INTERACTION_COLUMNS.names.item,
    genres: ["genres", "genre", "category", "categories"],
  },
  required: ["item", "genres"],
  byPlace: ["item", "genres"],
  rows: "titles",
} as const satisfies ColumnTable<string>;

export interface TitleGenres {
  /** By the index of the item; items that no interaction has are left out. */
  readonly genresOf: ReadonlyMap<number, readonly string[]>;
}

/** item, genres (`Comedy|Drama`), as tsv, csv or jsonl; several rows of an item add up. */
export async function readTitleGenres(path: string, items: IdMap): Promise<TitleGenres> {
  const file = await openColumns(path, TITLE_COLUMNS);
  const genresOf = new Map<number, string[]>();
  let rows = 0;
  for await (const { lines, firstLine } of readLines(path)) {
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as string;
      if (line === "" || firstLine + i <= file.headerLine) continue;
      const fields = file.fields(line);
      if (typeof fields === "string") throw rowMistake(path, firstLine + i, fields, line);
      const [item = "", genres = ""] = fields;
      if (!isId(item)) throw rowMistake(path, firstLine + i, `the item ${quoted(item)} is not ${ACCEPTED_ID}`, line);
      rows++;
      const index = items.indexOf(item);
      if (index === undefined) continue;
      const mine = genresOf.get(index) ?? [];
      genresOf.set(index, mine);
      for (const genre of genres.split("|").map((name) => name.trim())) {
        if (genre !== "" && !mine.includes(genre)) mine.push(genre);
      }
    }
  }
  if (rows === 0) throw noRows(path, TITLE_COLUMNS.rows);
  if (genresOf.size === 0)
    throw new UserError(`${path}: none of its items is in the interactions: are the ids the same?`);
  return { genresOf };
}

/** For the first `itemCount` items of a split, whose items are `items` in the numbering of the files. */
export function categoriesOf({ genresOf }: TitleGenres, items: Uint32Array, itemCount: number): ItemCategories {
  const names = createIdMapBuilder();
  const rowOffsets = new Uint32Array(itemCount + 1);
  const categories: number[] = [];
  for (let item = 0; item < itemCount; item++) {
    const mine = (genresOf.get(items[item] as number) ?? []).map((name) => names.add(name));
    categories.push(...mine.sort((a, b) => a - b));
    rowOffsets[item + 1] = categories.length;
  }
  return { categoryCount: names.build().size, rowOffsets, categories: Int32Array.from(categories) };
}
