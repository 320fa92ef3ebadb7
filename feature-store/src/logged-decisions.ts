/**
 * Logged decisions beside what came of them: what a ranker learns from, and how well pages are told from what follows.
 *
 * Exposure is what a card's impression says, or a click or play that there can't be without one. Where a decision has events
 * but no impression at all (an app that reports none), all that it showed counts as seen; a decision without any event was
 * seen by nobody, as far as is known, and is left out. A play counts with all of its playback, which later events continue
 * without naming the decision. Outcomes are those that occurred up to `outcomesUntil`: a page of a minute ago has few.
 *
 * Read in slices of time with a bounded number of decisions, so that neither side holds more than one of them.
 */
import { LOGGED_DECISIONS_SQL } from "@thewatcher/stores/warehouse/logged-decisions";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { RowBinaryReader } from "./row-binary.ts";
import { GRADE_SQL } from "./signal.ts";

/** Of a slice: 1,000 pages of 220 items with 40 features are 40 MB. An hour with more is read whole. */
const SLICE_DECISIONS = 1_000;
const HOUR_MS = 3_600_000;
const READ_SECONDS_MAX = 300;

export interface DecisionWindow {
  /** Milliseconds since the epoch, both included: when it was decided. */
  readonly since: number;
  readonly until: number;
  /** Until when outcomes are counted. Default: `until`. */
  readonly outcomesUntil?: number;
}

export interface LoggedItem {
  /** false: a candidate of the sample, which has no row, position and outcome. */
  readonly shown: boolean;
  readonly titleId: string;
  readonly rowId: string;
  readonly rowKind: string;
  /** 0-based place of the row on the page, and of the item in its row. */
  readonly rowPlace: number;
  readonly position: number;
  readonly source: string;
  readonly score: number;
  /** Probability that the title got this slot; 1 where it was not drawn. */
  readonly propensity: number;
  /** By `featureNames`; empty where the decision was made without them. */
  readonly features: Float32Array;
  /** It was seen, as far as is known. */
  readonly exposed: boolean;
  readonly clicked: boolean;
  readonly played: boolean;
  /** What came of it, graded as in training (signal.ts): 0 nothing. */
  readonly signal: number;
}

export interface LoggedDecision {
  readonly decisionId: string;
  readonly profileId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: string;
  readonly generation: string;
  /** Version of the ranker that ordered it; empty: blended scores. */
  readonly ranker: string;
  readonly featureNames: readonly string[];
  /** What was shown by row and position, then the sample. */
  readonly items: readonly LoggedItem[];
}

const DECISIONS_SQL = `SELECT toString(decisionId) AS decisionId, profileId, toUnixTimestamp64Milli(occurredAt) AS at, kind, generation, ranker, featureNames
FROM (${LOGGED_DECISIONS_SQL})
ORDER BY occurredAt, decisionId`;

/** What profiles with decisions did about the time, as far as it may belong to one of them. */
const ACTS_SQL = `SELECT eventId, type, profileId, titleId, decisionId AS named,
  JSONExtract(payload, 'Tuple(durationSeconds Float32, playbackId String, watchedSeconds Float32)') AS fields
FROM events
WHERE type IN ('impression', 'click', 'play_start', 'play_progress', 'play_stop')
  AND occurredAt >= {since:DateTime64(3)} - INTERVAL 1 HOUR AND occurredAt <= {outcomesUntil:DateTime64(3)}
  AND profileId IN (SELECT profileId FROM decisions WHERE occurredAt >= {since:DateTime64(3)} AND occurredAt <= {until:DateTime64(3)})`;

/** Facts by (decisionId, titleId), as GRADE_SQL takes them; what people state names no decision. */
const OUTCOMES_SQL = `SELECT decisionId, titleId, impressions, clicks, plays, ${GRADE_SQL} AS signal
FROM (
  SELECT decisionId, titleId, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(plays) AS plays,
    sum(watched) AS watchedSeconds, max(duration) AS durationSeconds, 0 AS stars, 0 AS strength, false AS isWatchlisted
  FROM (
    SELECT assumeNotNull(named) AS decisionId, titleId,
      uniqExactIf(eventId, type = 'impression') AS impressions, uniqExactIf(eventId, type = 'click') AS clicks,
      0 AS plays, 0. AS watched, toFloat32(0) AS duration
    FROM (${ACTS_SQL}) WHERE type IN ('impression', 'click') AND isNotNull(named)
    GROUP BY named, titleId
    UNION ALL
    SELECT assumeNotNull(any(named)) AS decisionId, titleId,
      0 AS impressions, 0 AS clicks,
      1 AS plays, toFloat64(max(fields.watchedSeconds)) AS watched, max(fields.durationSeconds) AS duration
    FROM (${ACTS_SQL}) WHERE startsWith(type, 'play_')
    GROUP BY profileId, titleId, fields.playbackId
    HAVING count(named) > 0
  )
  GROUP BY decisionId, titleId
)`;

const ITEMS_SQL = `SELECT toString(items.decisionId), items.shown, items.titleId, toString(items.rowId), toString(items.rowKind), items.rowPlace, items.position,
  toString(items.source), items.score, ifNull(items.propensity, 1.), items.features,
  toUInt32(outcomes.impressions), toUInt32(outcomes.clicks), toUInt32(outcomes.plays), toFloat64(outcomes.signal)
FROM (
  SELECT * FROM decision_items
  WHERE occurredAt >= {since:DateTime64(3)} AND occurredAt <= {until:DateTime64(3)}
  ORDER BY decisionId, place LIMIT 1 BY decisionId, place
) AS items
LEFT JOIN (${OUTCOMES_SQL}) AS outcomes ON items.decisionId = outcomes.decisionId AND items.titleId = outcomes.titleId
ORDER BY items.decisionId, items.place
FORMAT RowBinary`;

interface Head {
  readonly decisionId: string;
  readonly profileId: string;
  readonly at: string;
  readonly kind: string;
  readonly generation: string;
  readonly ranker: string;
  readonly featureNames: readonly string[];
}

/** By the instant of the decision, slice by slice; within a slice in no order. */
export async function* readLoggedDecisions(
  warehouse: Pick<Warehouse, "query" | "stream">,
  { since, until, outcomesUntil = until }: DecisionWindow,
): AsyncGenerator<LoggedDecision> {
  for (const slice of await slicesOf(warehouse, since, until)) {
    yield* readSlice(warehouse, { ...slice, outcomesUntil });
  }
}

/** Hours in a row, as many as have SLICE_DECISIONS together. */
async function slicesOf(warehouse: Pick<Warehouse, "query">, since: number, until: number) {
  const hours = await warehouse.query<{ hour: number; count: number }>(
    `SELECT toFloat64(toUnixTimestamp(toStartOfHour(occurredAt, 'UTC'))) AS hour, toUInt32(count()) AS count FROM decisions
WHERE occurredAt >= {since:DateTime64(3)} AND occurredAt <= {until:DateTime64(3)} GROUP BY hour ORDER BY hour`,
    { params: { since: instant(since), until: instant(until) } },
  );
  const slices: { since: number; until: number }[] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const { hour, count } of hours) {
    const from = hour * 1000;
    const slice = { since: Math.max(from, since), until: Math.min(from + HOUR_MS - 1, until) };
    const last = slices.at(-1);
    if (last && held + count <= SLICE_DECISIONS) {
      last.until = slice.until;
      held += count;
    } else {
      slices.push(slice);
      held = count;
    }
  }
  return slices;
}

async function* readSlice(
  warehouse: Pick<Warehouse, "query" | "stream">,
  window: Required<DecisionWindow>,
): AsyncGenerator<LoggedDecision> {
  const options = {
    params: {
      since: instant(window.since),
      until: instant(window.until),
      outcomesUntil: instant(window.outcomesUntil),
    },
    maxExecutionSeconds: READ_SECONDS_MAX,
  };
  const heads = new Map<string, Head>();
  for (const head of await warehouse.query<Head>(DECISIONS_SQL, options)) heads.set(head.decisionId, head);
  let decisionId = "";
  let rows: ItemRow[] = [];
  for await (const { of, row } of readItems(warehouse.stream(ITEMS_SQL, options))) {
    if (of !== decisionId) {
      const done = assemble(heads.get(decisionId), rows);
      if (done) yield done;
      decisionId = of;
      rows = [];
    }
    rows.push(row);
  }
  const last = assemble(heads.get(decisionId), rows);
  if (last) yield last;
}

interface ItemRow extends Omit<LoggedItem, "exposed" | "clicked" | "played"> {
  readonly impressions: number;
  readonly clicks: number;
  readonly plays: number;
}

async function* readItems(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<{ of: string; row: ItemRow }> {
  const reader = new RowBinaryReader(chunks);
  const number = async (bytes: number, read: (view: DataView) => number): Promise<number> => {
    const taken = await reader.take(bytes);
    return read(new DataView(taken.buffer, taken.byteOffset, bytes));
  };
  const u16 = () => number(2, (view) => view.getUint16(0, true));
  const u32 = () => number(4, (view) => view.getUint32(0, true));
  const f64 = () => number(8, (view) => view.getFloat64(0, true));
  while (!(await reader.atEnd())) {
    const of = await reader.text();
    yield {
      of,
      row: {
        shown: (await reader.take(1))[0] === 1,
        titleId: await reader.text(),
        rowId: await reader.text(),
        rowKind: await reader.text(),
        rowPlace: await u16(),
        position: await u16(),
        source: await reader.text(),
        score: await f64(),
        propensity: await f64(),
        features: new Float32Array(await reader.array(4)),
        impressions: await u32(),
        clicks: await u32(),
        plays: await u32(),
        signal: await f64(),
      },
    };
  }
}

/** undefined: nobody saw it, as far as is known, or it is not to be read. */
function assemble(head: Head | undefined, rows: readonly ItemRow[]): LoggedDecision | undefined {
  if (!head) return undefined;
  const shown = rows.filter((row) => row.shown);
  const reportsImpressions = shown.some(({ impressions }) => impressions > 0);
  if (!reportsImpressions && !shown.some(({ clicks, plays }) => clicks > 0 || plays > 0)) return undefined;
  const items = rows.map(({ impressions, clicks, plays, ...item }): LoggedItem => {
    const acted = clicks > 0 || plays > 0;
    return {
      ...item,
      exposed: item.shown && (!reportsImpressions || impressions > 0 || acted),
      clicked: clicks > 0,
      played: plays > 0,
    };
  });
  const { decisionId, profileId, at, kind, generation, ranker, featureNames } = head;
  return { decisionId, profileId, at: Number(at), kind, generation, ranker, featureNames, items };
}

const instant = (at: number): string => new Date(at).toISOString();
