/**
 * A logged decision for a person: what stood on the page and why, stage by stage, and whether the page comes out the same
 * when it is made again of what was logged (recompose.ts). Pure: nothing but the record is looked at.
 */
import type { DecisionCut, DecisionRecord } from "@thewatcher/contracts/decisions";
import { decodeDecision } from "./decision-record.ts";
import type { DecisionTrace, TracedRow } from "./decision-trace.ts";
import { type RecomposedRow, recompose } from "./recompose.ts";

/** A page that differs differs everywhere behind the first place. */
const DIFFERENCES_MAX = 20;

export type Recomposition =
  /** Of the rows' JSON: ids, headings, reasons, titles, positions, scores, sources, propensities. */
  | { readonly kind: "same"; readonly rows: number; readonly items: number; readonly bytes: number }
  | { readonly kind: "different"; readonly differences: readonly string[] }
  /** The record had no room for what it takes. */
  | { readonly kind: "not_possible"; readonly cut: readonly DecisionCut[] };

type Slot = TracedRow["slots"][number];

export interface ExplainedItem extends Omit<Slot, "title"> {
  readonly position: number;
  readonly titleId: string;
  /** What gave it, and the score that each had for it. */
  readonly givenBy: readonly { readonly source: string; readonly score: number }[];
  readonly features?: Readonly<Record<string, number>>;
}

export interface Explanation
  extends Omit<
    DecisionTrace,
    "at" | "candidates" | "features" | "removed" | "rows" | "rowOrder" | "titleIds" | "sourceNames" | "rowsArePersonal"
  > {
  readonly decidedAt: string;
  readonly candidateCount: number;
  readonly sources: readonly { readonly source: string; readonly candidates: number }[];
  readonly removed: readonly { readonly stage: string; readonly cause: string; readonly titleIds: readonly string[] }[];
  /** As they stand on the page. */
  readonly rows: readonly (Pick<TracedRow, "rowId" | "kind" | "heading" | "reason" | "worth"> & {
    readonly candidates: number;
    readonly items: readonly ExplainedItem[];
  })[];
  /** Rows that were tried and had too few titles left. */
  readonly dropped: readonly Pick<TracedRow, "rowId" | "kind" | "heading" | "entriesMin">[];
  readonly sampled: number;
  readonly cut: readonly DecisionCut[];
  readonly recomposition: Recomposition;
}

export function explainDecision(record: DecisionRecord): Explanation {
  const trace = decodeDecision(record);
  const {
    at,
    candidates,
    features,
    removed,
    rows,
    rowOrder,
    titleIds,
    sourceNames,
    rowsArePersonal: _,
    ...rest
  } = trace;
  const candidateOf = new Map(Array.from(candidates.titles, (title, candidate) => [title, candidate]));
  const featureRowOf = new Map(Array.from(features?.candidates ?? [], (candidate, row) => [candidate, row]));
  const count = candidates.sources.length;
  const isGivenBy = (candidate: number, source: number) => (candidates.sources[candidate]! & (1 << source)) !== 0;

  function itemOf({ title, ...slot }: Slot, position: number): ExplainedItem {
    const candidate = candidateOf.get(title);
    const row = candidate === undefined ? undefined : featureRowOf.get(candidate);
    const givenBy =
      candidate === undefined
        ? []
        : sourceNames.flatMap((source, place) =>
            isGivenBy(candidate, place) ? [{ source, score: candidates.sourceScores[place * count + candidate]! }] : [],
          );
    const own =
      row === undefined || !features
        ? undefined
        : Object.fromEntries(
            features.names.map((name, at) => [name, features.values[row * features.names.length + at]!]),
          );
    return { position, titleId: titleIds[title]!, ...slot, givenBy, ...(own ? { features: own } : {}) };
  }

  const shown = new Set(rows.flatMap(({ slots }) => slots.map(({ title }) => title)));
  return {
    ...rest,
    decidedAt: new Date(at).toISOString(),
    candidateCount: count,
    sources: sourceNames.map((source, place) => ({
      source,
      candidates: candidates.sources.filter((bits) => (bits & (1 << place)) !== 0).length,
    })),
    removed: removed.map(({ stage, cause, titles }) => ({
      stage,
      cause,
      titleIds: Array.from(titles, (title) => titleIds[title]!),
    })),
    rows: rowsOnPage(trace).map(({ rowId, kind, heading, reason, worth, ranked, slots }) => ({
      rowId,
      kind,
      heading,
      reason,
      worth,
      candidates: ranked.length,
      items: slots.map(itemOf),
    })),
    dropped: rows
      .filter(({ slots }) => slots.length === 0)
      .map(({ rowId, kind, heading, entriesMin }) => ({ rowId, kind, heading, entriesMin })),
    sampled: Array.from(features?.candidates ?? []).filter((place) => !shown.has(candidates.titles[place]!)).length,
    cut: record.cut,
    recomposition: record.cut.includes("ranked")
      ? { kind: "not_possible", cut: record.cut }
      : compare(pageOf(trace), () => recompose(trace)),
  };
}

/** A row that was tried again under the same id, behind one that was dropped, is the one with titles. */
function rowsOnPage({ rows, rowOrder }: DecisionTrace): readonly TracedRow[] {
  const byId = new Map(rows.flatMap((row) => (row.slots.length > 0 ? [[row.rowId, row] as const] : [])));
  return rowOrder.flatMap((rowId) => byId.get(rowId) ?? []);
}

/** The rows as they were answered, but for what a card says of a title. */
function pageOf(trace: DecisionTrace): RecomposedRow[] {
  return rowsOnPage(trace).map(({ rowId, kind, heading, reason, slots }) => ({
    rowId,
    kind,
    heading,
    reason: reason as RecomposedRow["reason"],
    items: slots.map(({ title, score, source, reason: own, propensity }, position) => ({
      titleId: trace.titleIds[title]!,
      position,
      score,
      source,
      reason: own,
      ...(propensity === undefined ? {} : { propensity }),
    })),
  }));
}

function compare(page: readonly RecomposedRow[], makeAgain: () => readonly RecomposedRow[]): Recomposition {
  let again: readonly RecomposedRow[];
  try {
    again = makeAgain();
  } catch (error) {
    return { kind: "different", differences: [error instanceof Error ? error.message : String(error)] };
  }
  const text = JSON.stringify(page);
  if (text === JSON.stringify(again)) {
    const items = page.reduce((sum, row) => sum + row.items.length, 0);
    return { kind: "same", rows: page.length, items, bytes: Buffer.byteLength(text) };
  }
  return { kind: "different", differences: differencesOf(page, again).slice(0, DIFFERENCES_MAX) };
}

function differencesOf(page: readonly RecomposedRow[], again: readonly RecomposedRow[]): string[] {
  const differences: string[] = [];
  const differ = (where: string, was: unknown, is: unknown): void => {
    const [a, b] = [JSON.stringify(was) ?? "nothing", JSON.stringify(is) ?? "nothing"];
    if (a !== b) differences.push(`${where}: was ${a}, comes out as ${b}`);
  };
  for (let place = 0; place < Math.max(page.length, again.length); place++) {
    const { items = [], ...row } = page[place] ?? {};
    const { items: itemsAgain = [], ...rowAgain } = again[place] ?? {};
    differ(`row ${place + 1}`, row, rowAgain);
    for (let position = 0; position < Math.max(items.length, itemsAgain.length); position++) {
      differ(`row ${place + 1}, position ${position}`, items[position], itemsAgain[position]);
    }
  }
  return differences;
}
