/**
 * A logged decision as rows: one of `decisions` (with the record itself, so that it can be explained) and one of
 * `decision_items` for each title that was shown or sampled, as TabSeparated.
 *
 * The same record makes the same rows, so an insert repeated after a crash meets its first copy by (topic, partition,
 * offset, place). What a record had no room for (`cut`) is missing here too: an item without features has none.
 *
 * Features go in as base64 of 32-bit floats, through `decision_item_records`, which keeps nothing and whose view reads them:
 * exact, and a tenth of the time that 9,000 decimal texts take.
 */
import { DecisionRecord } from "@thewatcher/contracts/decisions";
import { unpack, unpackAs } from "@thewatcher/kit/packed";
import type { LogRecord } from "../event-log/port.ts";

type Column = readonly [name: string, type: string];

const PLACE = [
  ["topic", "LowCardinality(String)"],
  ["partition", "UInt16"],
  ["offset", "UInt64"],
] as const satisfies readonly Column[];

export const DECISION_COLUMNS = [
  ...PLACE,
  ["decisionId", "UUID"],
  ["profileId", "String"],
  ["occurredAt", "DateTime64(3, 'UTC')"],
  ["kind", "LowCardinality(String)"],
  ["generation", "LowCardinality(String)"],
  ["ranker", "LowCardinality(String)"],
  ["country", "LowCardinality(String)"],
  ["device", "LowCardinality(String)"],
  ["featureNames", "Array(LowCardinality(String))"],
  ["shownCount", "UInt16"],
  ["sampledCount", "UInt16"],
  ["degradations", "Array(LowCardinality(String))"],
  ["cut", "Array(LowCardinality(String))"],
  ["record", "String CODEC(ZSTD(1))"],
] as const satisfies readonly Column[];

export const DECISION_ITEM_COLUMNS = [
  ...PLACE,
  ["place", "UInt16"],
  ["decisionId", "UUID"],
  ["profileId", "String"],
  ["occurredAt", "DateTime64(3, 'UTC')"],
  ["shown", "UInt8"],
  ["titleId", "String"],
  ["rowId", "LowCardinality(String)"],
  ["rowKind", "LowCardinality(String)"],
  ["rowPlace", "UInt16"],
  ["position", "UInt16"],
  ["source", "LowCardinality(String)"],
  ["score", "Float64"],
  ["propensity", "Nullable(Float64)"],
  ["features", "Array(Float32)"],
] as const satisfies readonly Column[];

/** From the least value of a feature to its largest; the one behind them is not a number. */
export const FEATURE_STEPS = 65_534;

/** What a title that was not shown has instead of a row. */
const NO_ROW = "";

const textOf = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");

export function parseDecision(value: Uint8Array): DecisionRecord | undefined {
  try {
    return DecisionRecord.safeParse(JSON.parse(textOf(value))).data;
  } catch {
    return undefined;
  }
}

interface Item {
  readonly shown: boolean;
  readonly titleId: string;
  readonly rowId: string;
  readonly rowKind: string;
  readonly rowPlace: number;
  readonly position: number;
  readonly source: string;
  readonly score: number;
  readonly propensity: number | undefined;
  /** Below 0: it has none. */
  readonly featureRow: number;
}

const NULL = "\\N";
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n" };
/** Most texts have nothing to escape, and to look costs a tenth of replacing nothing. */
const escaped = (text: string): string =>
  /[\\\t\n]/.test(text) ? text.replace(/[\\\t\n]/g, (character) => ESCAPES[character] as string) : text;
/** Not a word of it is a person's: names of features and parts, without quotes. */
const arrayOf = (texts: readonly string[]): string =>
  `[${texts.map((text) => `'${text.replaceAll("'", "\\'")}'`).join(",")}]`;

/**
 * Rows of one partition's records, a record at a time. Some 200 lines and 9,000 numbers a page (in a thread of its own,
 * run-decision-rows.ts): so lines are written as bytes (as texts they were half garbage), what all of a record share is made once, and
 * features go from their columns into their lines by one array.
 */
export function createDecisionRows({ topic, partition }: { readonly topic: string; readonly partition: number }) {
  const decisions = createBytes();
  const items = createBytes();

  /** Throws where the arrays of the record don't fit each other, before anything is written. */
  function write({ offset, value }: LogRecord, record: DecisionRecord): void {
    const place = `${escaped(topic)}\t${partition}\t${offset}`;
    const identity = `${record.decisionId}\t${escaped(record.profileId ?? "")}\t${record.occurredAt}`;
    const { listed, features } = listItems(record);
    const featureBytes = new Uint8Array(features.values.buffer);
    const rowBytes = features.width * Float32Array.BYTES_PER_ELEMENT;
    let shownCount = 0;
    for (const [ordinal, item] of listed.entries()) {
      if (item.shown) shownCount++;
      items.text(
        `${place}\t${ordinal}\t${identity}\t${item.shown ? 1 : 0}\t${escaped(item.titleId)}\t` +
          `${escaped(item.rowId)}\t${escaped(item.rowKind)}\t${item.rowPlace}\t${item.position}\t${escaped(item.source)}\t` +
          `${item.score}\t${item.propensity ?? NULL}\t`,
      );
      if (item.featureRow >= 0) items.base64(featureBytes, item.featureRow * rowBytes, rowBytes);
      items.text("\n");
    }
    const fields = [
      place,
      identity,
      record.kind,
      escaped(record.generation ?? ""),
      escaped(record.versions.ranker ?? ""),
      record.country,
      escaped(record.device),
      escaped(arrayOf(record.features?.names ?? [])),
      shownCount,
      listed.length - shownCount,
      escaped(arrayOf(record.degradations.map(({ part, cause }) => `${part}:${cause}`))),
      escaped(arrayOf(record.cut)),
    ];
    decisions.text(`${fields.join("\t")}\t`);
    if (isPlain(value)) decisions.bytes(value);
    else decisions.text(escaped(textOf(value)));
    decisions.text("\n");
  }

  return {
    /** false: the record is no decision; nothing of it is kept. */
    add(record: LogRecord): boolean {
      const decision = parseDecision(record.value);
      if (!decision) return false;
      try {
        write(record, decision);
        return true;
      } catch {
        return false;
      }
    },
    /** Of DECISION_COLUMNS. */
    decisions: () => decisions.all(),
    /** Of DECISION_ITEM_COLUMNS, features as base64. */
    items: () => items.all(),
  };
}

const isPlain = (value: Uint8Array): boolean => !value.includes(0x5c) && !value.includes(0x0a) && !value.includes(0x09);

const BYTES_MIN = 64 * 1024;
const BASE64 = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "latin1");
const PADDING = 0x3d;

/** Bytes one behind the other, in a buffer that doubles. */
function createBytes() {
  let buffer = Buffer.allocUnsafe(BYTES_MIN);
  let length = 0;

  function reserve(bytes: number): void {
    if (length + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * buffer.length, length + bytes));
    buffer.copy(larger, 0, 0, length);
    buffer = larger;
  }

  return {
    text(text: string): void {
      // The most that UTF-8 makes of one of UTF-16.
      reserve(3 * text.length);
      length += buffer.write(text, length, "utf8");
    },
    bytes(bytes: Uint8Array): void {
      reserve(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    /** As Buffer's own, without a text in between. */
    base64(bytes: Uint8Array, from: number, count: number): void {
      reserve(4 * Math.ceil(count / 3));
      const ends = from + count;
      for (let at = from; at < ends; at += 3) {
        const [first, second, third] = [bytes[at]!, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0];
        buffer[length++] = BASE64[first >> 2]!;
        buffer[length++] = BASE64[((first & 3) << 4) | (second >> 4)]!;
        buffer[length++] = at + 1 < ends ? BASE64[((second & 15) << 2) | (third >> 6)]! : PADDING;
        buffer[length++] = at + 2 < ends ? BASE64[third & 63]! : PADDING;
      }
    },
    all: () => buffer.subarray(0, length),
  };
}

function titleOf(record: DecisionRecord, title: number): string {
  const titleId = record.titleIds[title];
  if (titleId === undefined) throw new Error(`title ${title} of ${record.titleIds.length}`);
  return titleId;
}

/** What was shown, in the order of the page, then the sample. */
function listItems(record: DecisionRecord): { readonly listed: readonly Item[]; readonly features: Features } {
  const numbers = unpackAs("d", record.numbers);
  const numberAt = (at: number): number => {
    const number = numbers[at];
    if (number === undefined) throw new Error(`number ${at} of ${numbers.length}`);
    return number;
  };
  const features = readFeatures(record);
  const onPage = new Map(record.rowOrder.map((rowId, rowPlace) => [rowId, rowPlace]));
  const rows = record.rows
    .flatMap((row) => {
      const rowPlace = onPage.get(row.rowId);
      return rowPlace === undefined ? [] : [{ ...row, rowPlace }];
    })
    .sort((a, b) => a.rowPlace - b.rowPlace);
  const shownTitles = new Set<number>();
  const listed: Item[] = [];
  for (const { rowId, kind: rowKind, rowPlace, slots } of rows) {
    const scores = unpackDoubles(slots.scores, numbers);
    const sources = unpackAs("i", slots.sources);
    const drawn = new Map(slots.drawn?.map(({ position, propensity }) => [position, numberAt(propensity)]));
    for (const [position, title] of unpackAs("i", slots.titles).entries()) {
      const [score, source] = [scores[position], record.slotSources[sources[position] ?? -1]];
      if (score === undefined || source === undefined) throw new Error(`a slot without score or source`);
      shownTitles.add(title);
      const featureRow = features.rowOf.get(title) ?? -1;
      const propensity = drawn.get(position);
      const titleId = titleOf(record, title);
      listed.push({ shown: true, titleId, rowId, rowKind, rowPlace, position, source, score, propensity, featureRow });
    }
  }
  const unshown = { shown: false, rowId: NO_ROW, rowKind: NO_ROW, rowPlace: 0, position: 0, source: NO_ROW } as const;
  const scores = scoresOfCandidates(record, numbers);
  for (const [title, featureRow] of features.rowOf) {
    if (shownTitles.has(title)) continue;
    const titleId = titleOf(record, title);
    listed.push({ ...unshown, titleId, score: scores.get(title) ?? 0, propensity: undefined, featureRow });
  }
  return { listed, features };
}

function scoresOfCandidates({ candidates }: DecisionRecord, numbers: Float64Array): Map<number, number> {
  const titles = unpackAs("i", candidates.titles);
  const scores = unpackDoubles(candidates.scores, numbers);
  return new Map(Array.from(titles, (title, place) => [title, scores[place] ?? 0]));
}

/** `$n2:…`: places in `numbers`. */
export function unpackDoubles(text: string, numbers: Float64Array): Float64Array {
  if (text[1] !== "n") return unpackAs("d", text);
  const doubles = Float64Array.from(unpack(`$u${text.slice(2)}`));
  for (let at = 0; at < doubles.length; at++) {
    const number = numbers[doubles[at]!];
    if (number === undefined) throw new Error(`number ${doubles[at]} of ${numbers.length}`);
    doubles[at] = number;
  }
  return doubles;
}

interface Features {
  /** A row of `width` numbers for each candidate that has them. */
  readonly values: Float32Array;
  readonly width: number;
  /** By title. */
  readonly rowOf: ReadonlyMap<number, number>;
}

function readFeatures({ features, candidates }: DecisionRecord): Features {
  const rowOf = new Map<number, number>();
  if (!features) return { values: new Float32Array(0), width: 0, rowOf };
  const titles = unpackAs("i", candidates.titles);
  const places = unpackAs("i", features.candidates);
  const width = features.columns.length;
  const values = new Float32Array(places.length * width);
  for (const [at, column] of features.columns.entries()) readColumn(column, places.length, values, at, width);
  for (const [row, candidate] of places.entries()) {
    const title = titles[candidate];
    if (title === undefined) throw new Error(`candidate ${candidate} of ${titles.length}`);
    rowOf.set(title, row);
  }
  return { values, width, rowOf };
}

type LoggedColumn = NonNullable<DecisionRecord["features"]>["columns"][number];

/** One feature of `count` candidates. */
export function unpackColumn(column: LoggedColumn, count: number): Float32Array {
  const values = new Float32Array(count);
  readColumn(column, count, values, 0, 1);
  return values;
}

/** Into `into[from]`, `into[from + step]` …: `count` of them. */
function readColumn(column: LoggedColumn, count: number, into: Float32Array, from: number, step: number): void {
  const ends = from + count * step;
  if (column === null || typeof column === "number") {
    const value = column ?? Number.NaN;
    for (let at = from; at < ends; at += step) into[at] = value;
    return;
  }
  if (typeof column === "string") {
    const values = sized(unpackAs("f", column), count);
    for (let at = from, row = 0; at < ends; at += step) into[at] = values[row++]!;
    return;
  }
  if ("values" in column) {
    const values = unpackAs("f", column.values);
    const places = sized(unpackAs("i", column.places), count);
    for (let at = from, row = 0; at < ends; at += step) into[at] = values[places[row++]!] ?? Number.NaN;
    return;
  }
  const least = column.from;
  const range = column.to - least;
  const steps = sized(unpackAs("i", column.steps), count);
  for (let at = from, row = 0; at < ends; at += step) {
    const taken = steps[row++]!;
    into[at] = taken > FEATURE_STEPS ? Number.NaN : least + (range * taken) / FEATURE_STEPS;
  }
}

function sized<Values extends ArrayLike<number>>(values: Values, count: number): Values {
  if (values.length !== count) throw new Error(`a feature of ${values.length} candidates, and there are ${count}`);
  return values;
}
