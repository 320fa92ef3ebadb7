/**
 * Attribution: of the clicks and starts of playback that name a decision, how many find it in the decision log, with their
 * title at their position. What does not is lost to learning, to experiments and to whoever asks why.
 *
 * Not counted: what names a decision of before there was a log (the demo world's simulated past), of more than two days
 * before the window, or of an erased profile.
 */
import { LOGGED_DECISIONS_SQL } from "@thewatcher/stores/warehouse/logged-decisions";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";

/** The service's goal: one page in a hundred may be lost to a stop or a log that is away. */
const JOIN_RATE_GOAL = 0.99;
/** A page lies open for a day, and a phone's events wait in a tunnel. */
const DECIDED_BEFORE_MS = 2 * 86_400_000;
/**
 * Where nothing was ever logged, the log is as old as its table, and somewhat: a new folder's demo world is made behind the
 * table, and its past ends there.
 */
const TABLE_YOUNG_MS = 3_600_000;

export interface JoinRate {
  /** Clicks and starts that were counted. */
  readonly events: number;
  /** Their decision is logged, and showed their title where they say. */
  readonly joined: number;
  /** joined / events; null: there were none. */
  readonly rate: number | null;
  /** rate ≥ 0.99; where there was nothing to join, nothing is missed. */
  readonly isMet: boolean;
  /** Why the others are not: their decision is not logged; it did not show the title; at another position. */
  readonly missing: { readonly decision: number; readonly item: number; readonly position: number };
  /** Of before the log, or older than is looked for. */
  readonly ignored: number;
}

const SQL = `WITH
  if((SELECT count() FROM decisions) > 0,
    (SELECT min(occurredAt) FROM decisions),
    (SELECT max(appliedAt) FROM schema_migrations WHERE name = '0003-decisions') + toIntervalMillisecond(${TABLE_YOUNG_MS})) AS loggedSince
SELECT
  toUInt32(countIf(isOld)) AS ignored,
  toUInt32(countIf(NOT isOld)) AS events,
  toUInt32(countIf(NOT isOld AND NOT isLogged)) AS noDecision,
  toUInt32(countIf(NOT isOld AND isLogged AND empty(positions))) AS noItem,
  toUInt32(countIf(NOT isOld AND isLogged AND notEmpty(positions) AND NOT isThere)) AS elsewhere
FROM (
  SELECT
    UUIDv7ToDateTime(act.decisionId) < greatest(loggedSince, {since:DateTime64(3)}) AS isOld,
    logged.isLogged AS isLogged,
    item.positions AS positions,
    act.position < 0 OR has(positions, act.position) AS isThere
  FROM (
    SELECT event.eventId AS eventId, assumeNotNull(any(event.decisionId)) AS decisionId, any(event.titleId) AS titleId,
      any(ifNull(toInt32(event.position), -1)) AS position
    FROM events AS event
    LEFT JOIN (
      SELECT profileId, max(occurredAt) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId
    ) AS erasure ON event.profileId = erasure.profileId
    WHERE event.type IN ('click', 'play_start') AND isNotNull(event.decisionId)
      AND event.occurredAt >= {from:DateTime64(3)} AND event.occurredAt <= {to:DateTime64(3)} AND event.occurredAt > erasure.erasedAt
    GROUP BY event.eventId
  ) AS act
  LEFT JOIN (SELECT decisionId, true AS isLogged FROM (${LOGGED_DECISIONS_SQL})) AS logged ON act.decisionId = logged.decisionId
  LEFT JOIN (
    SELECT decisionId, titleId, groupUniqArray(toInt32(position)) AS positions FROM decision_items
    WHERE shown = 1 AND occurredAt >= {since:DateTime64(3)} AND occurredAt <= {until:DateTime64(3)}
    GROUP BY decisionId, titleId
  ) AS item ON act.decisionId = item.decisionId AND act.titleId = item.titleId
)`;

/** Of what occurred from `since` to `until`, in milliseconds, both included. A decision reaches the warehouse in seconds. */
export async function measureJoinRate(
  warehouse: Pick<Warehouse, "query">,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<JoinRate> {
  const instant = (at: number): string => new Date(at).toISOString();
  const [row] = await warehouse.query<Record<"ignored" | "events" | "noDecision" | "noItem" | "elsewhere", number>>(
    SQL,
    {
      params: {
        from: instant(since),
        to: instant(until),
        since: instant(since - DECIDED_BEFORE_MS),
        until: instant(until),
      },
    },
  );
  const { ignored = 0, events = 0, noDecision = 0, noItem = 0, elsewhere = 0 } = row ?? {};
  const joined = events - noDecision - noItem - elsewhere;
  return {
    events,
    joined,
    rate: events === 0 ? null : joined / events,
    isMet: joined >= JOIN_RATE_GOAL * events,
    missing: { decision: noDecision, item: noItem, position: elsewhere },
    ignored,
  };
}
