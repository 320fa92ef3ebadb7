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

export function parseDecision(value: Uint8Array): DecisionRecord | undefined {
  try {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
    return DecisionRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

interface Item {
  readonly shown: boolean;
  readonly title: number;
  readonly rowId: string;
  readonly rowKind: string;
  readonly rowPlace: number;
  readonly position: number;
  readonly source: string;
  readonly score: number;
  readonly propensity: number | undefined;
}

/** One row of TabSeparated. */
const lineOf = (values: readonly (string | number)[]): string => `${values.map(fieldOf).join("\t")}\n`;
const NULL = "\\N";
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n" };
const escaped = (text: string): string => text.replace(/[\\\t\n]/g, (character) => ESCAPES[character] as string);
const fieldOf = (value: string | number): string | number =>
  typeof value === "number" || value === NULL ? value : escaped(value);
/** Not a word of it is a person's: names of features and parts, without quotes. */
const arrayOf = (texts: readonly string[]): string =>
  `[${texts.map((text) => `'${text.replaceAll("'", "\\'")}'`).join(",")}]`;

/** Rows of one partition's records, a record at a time. */
export function createDecisionRows({ topic, partition }: { readonly topic: string; readonly partition: number }) {
  const decisions: string[] = [];
  const items: string[] = [];

  /** Throws where the arrays of the record don't fit each other. */
  function linesOf({ offset, value }: LogRecord, record: DecisionRecord) {
    const place = [topic, partition, offset];
    const identity = [record.decisionId, record.profileId ?? "", record.occurredAt];
    const listed = listItems(record);
    const shownCount = listed.filter(({ shown }) => shown).length;
    const itemLines = listed.map((item, ordinal) =>
      lineOf([
        ...place,
        ordinal,
        ...identity,
        item.shown ? 1 : 0,
        titleOf(record, item.title),
        item.rowId,
        item.rowKind,
        item.rowPlace,
        item.position,
        item.source,
        item.score,
        item.propensity ?? NULL,
        Buffer.from(item.features.buffer, item.features.byteOffset, item.features.byteLength).toString("base64"),
      ]),
    );
    const decisionLine = lineOf([
      ...place,
      ...identity,
      record.kind,
      record.generation ?? "",
      record.versions.ranker ?? "",
      record.country,
      record.device,
      arrayOf(record.features?.names ?? []),
      shownCount,
      listed.length - shownCount,
      arrayOf(record.degradations.map(({ part, cause }) => `${part}:${cause}`)),
      arrayOf(record.cut),
      Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8"),
    ]);
    return { itemLines, decisionLine };
  }

  return {
    /** false: the record is no decision; nothing of it is kept. */
    add(record: LogRecord): boolean {
      const decision = parseDecision(record.value);
      if (!decision) return false;
      try {
        const { itemLines, decisionLine } = linesOf(record, decision);
        items.push(...itemLines);
        decisions.push(decisionLine);
        return true;
      } catch {
        return false;
      }
    },
    /** Of DECISION_COLUMNS. */
    decisions: () => Buffer.from(decisions.join(""), "utf8"),
    /** Of DECISION_ITEM_COLUMNS, features as base64. */
    items: () => Buffer.from(items.join(""), "utf8"),
  };
}

const NO_FEATURES = new Float32Array(0);

function titleOf(record: DecisionRecord, title: number): string {
  const titleId = record.titleIds[title];
  if (titleId === undefined) throw new Error(`title ${title} of ${record.titleIds.length}`);
  return titleId;
}

/** What was shown, in the order of the page, then the sample. */
function listItems(record: DecisionRecord): (Item & { readonly features: Float32Array })[] {
  const numbers = unpackAs("d", record.numbers);
  const numberAt = (at: number): number => {
    const number = numbers[at];
    if (number === undefined) throw new Error(`number ${at} of ${numbers.length}`);
    return number;
  };
  const featuresOf = readFeatures(record);
  const onPage = new Map(record.rowOrder.map((rowId, rowPlace) => [rowId, rowPlace]));
  const rows = record.rows
    .flatMap((row) => {
      const rowPlace = onPage.get(row.rowId);
      return rowPlace === undefined ? [] : [{ ...row, rowPlace }];
    })
    .sort((a, b) => a.rowPlace - b.rowPlace);
  const shownTitles = new Set<number>();
  const listed: (Item & { readonly features: Float32Array })[] = [];
  for (const { rowId, kind, rowPlace, slots } of rows) {
    const scores = unpackDoubles(slots.scores, numbers);
    const sources = unpackAs("i", slots.sources);
    const drawn = new Map(slots.drawn?.map(({ position, propensity }) => [position, numberAt(propensity)]));
    unpackAs("i", slots.titles).forEach((title, position) => {
      const [score, source] = [scores[position], record.slotSources[sources[position] ?? -1]];
      if (score === undefined || source === undefined) throw new Error(`a slot without score or source`);
      shownTitles.add(title);
      const features = featuresOf.get(title) ?? NO_FEATURES;
      const propensity = drawn.get(position);
      listed.push({
        shown: true,
        title,
        rowId,
        rowKind: kind,
        rowPlace,
        position,
        source,
        score,
        propensity,
        features,
      });
    });
  }
  const scores = scoresOfCandidates(record, numbers);
  for (const [title, features] of featuresOf) {
    if (shownTitles.has(title)) continue;
    const score = scores.get(title) ?? 0;
    const unshown = { shown: false, rowId: NO_ROW, rowKind: NO_ROW, rowPlace: 0, position: 0, source: NO_ROW } as const;
    listed.push({ ...unshown, title, score, propensity: undefined, features });
  }
  return listed;
}

function scoresOfCandidates({ candidates }: DecisionRecord, numbers: Float64Array): Map<number, number> {
  const titles = unpackAs("i", candidates.titles);
  const scores = unpackDoubles(candidates.scores, numbers);
  return new Map(Array.from(titles, (title, place) => [title, scores[place] ?? 0]));
}

/** `$n2:…`: places in `numbers`. */
export function unpackDoubles(text: string, numbers: Float64Array): Float64Array {
  if (text[1] !== "n") return unpackAs("d", text);
  return Float64Array.from(unpack(`$u${text.slice(2)}`), (place) => {
    const number = numbers[place];
    if (number === undefined) throw new Error(`number ${place} of ${numbers.length}`);
    return number;
  });
}

/** Features by title. */
function readFeatures({ features, candidates }: DecisionRecord): Map<number, Float32Array> {
  const read = new Map<number, Float32Array>();
  if (!features) return read;
  const titles = unpackAs("i", candidates.titles);
  const places = unpackAs("i", features.candidates);
  const columns = features.columns.map((column) => unpackColumn(column, places.length));
  places.forEach((candidate, row) => {
    const title = titles[candidate];
    if (title === undefined) throw new Error(`candidate ${candidate} of ${titles.length}`);
    read.set(
      title,
      Float32Array.from(columns, (column) => column[row]!),
    );
  });
  return read;
}

type LoggedColumn = NonNullable<DecisionRecord["features"]>["columns"][number];

/** One feature of `count` candidates. */
export function unpackColumn(column: LoggedColumn, count: number): Float32Array {
  const values = valuesOf(column, count);
  if (values.length !== count) throw new Error(`a feature of ${values.length} candidates, and there are ${count}`);
  return values;
}

function valuesOf(column: LoggedColumn, count: number): Float32Array {
  if (column === null) return new Float32Array(count).fill(Number.NaN);
  if (typeof column === "number") return new Float32Array(count).fill(column);
  if (typeof column === "string") return unpackAs("f", column);
  if ("values" in column) {
    const values = unpackAs("f", column.values);
    return Float32Array.from(unpackAs("i", column.places), (place) => values[place] ?? Number.NaN);
  }
  const { from, to } = column;
  return Float32Array.from(unpackAs("i", column.steps), (step) =>
    step > FEATURE_STEPS ? Number.NaN : from + ((to - from) * step) / FEATURE_STEPS,
  );
}
