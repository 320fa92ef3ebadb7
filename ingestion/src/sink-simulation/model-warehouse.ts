/**
 * What of ClickHouse matters to the sink, small: an insert writes parts (one a month of its rows, and what the views make
 * of them) one after the other and may stop between any two; parts merge when they like, copies of one place becoming one
 * row; aggregates are sets and maxima; nothing is locked, nothing is ordered. A snapshot is the whole of it.
 */
import type { Rng } from "@thewatcher/kit/rng";
import type { LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";

export interface ModelEvent {
  readonly eventId: string;
  readonly titleId: string;
  readonly month: number;
  readonly at: number;
}

export const encodeEvent = (event: ModelEvent): Uint8Array => Buffer.from(JSON.stringify(event));
export function decodeEvent(value: Uint8Array): ModelEvent | undefined {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  return text.startsWith("{") ? (JSON.parse(text) as ModelEvent) : undefined;
}

export const nameOf = (at: { readonly topic: string; readonly partition: number }): string =>
  `${at.topic}/${at.partition}`;

/** Rows by `topic/partition`, then offset. */
type Rows = ReadonlyMap<string, ReadonlyMap<number, ModelEvent>>;
interface EventPart {
  readonly month: number;
  readonly rows: Rows;
  readonly rowCount: number;
}
interface State {
  readonly eventIds: ReadonlySet<string>;
  readonly lastAt: number;
  /** Not idempotent: what a reader that does not deduplicate would see. */
  readonly contributions: number;
}
type StatePart = ReadonlyMap<string, State>;

export interface Snapshot {
  readonly events: readonly EventPart[];
  readonly states: readonly StatePart[];
  readonly positions: ReadonlyMap<string, number>;
}

/** What readers see: each deduplicates in its own way. */
export interface Answers {
  /** `SELECT … FINAL`: place → eventId, sorted. */
  readonly rows: readonly string[];
  readonly distinctEvents: number;
  /** Title → distinct events and the last instant, sorted. */
  readonly aggregates: readonly string[];
  /** As they lie: what a reader that forgets to deduplicate counts. */
  readonly rawRows: number;
  readonly rawContributions: number;
}

export interface WarehouseFlaws {
  /** The engine's own deduplication of inserted blocks, of so many blocks: it skips the views too. */
  readonly blockWindow?: number;
  /** A position is whatever it is told. */
  readonly believesAdvance?: boolean;
}

export function createModelWarehouse(rng: Rng, flaws: WarehouseFlaws = {}) {
  let events: EventPart[] = [];
  let states: StatePart[] = [];
  let positions = new Map<string, number>();
  const recentBlocks: string[] = [];

  function insertBlock(batch: RecordBatch, decoded: readonly [number, ModelEvent][]): (() => void)[] {
    const months = new Map<number, [number, ModelEvent][]>();
    for (const row of decoded) {
      const rows = months.get(row[1].month);
      if (rows) rows.push(row);
      else months.set(row[1].month, [row]);
    }
    const stages: (() => void)[] = [];
    const hash = `${nameOf(batch)} ${decoded.map(([offset]) => offset).join(",")}`;
    let skipped = false;
    for (const [month, rows] of months) {
      stages.push(() => {
        if (!skipped) events.push({ month, rows: new Map([[nameOf(batch), new Map(rows)]]), rowCount: rows.length });
      });
    }
    stages.push(() => {
      if (!skipped) states.push(statesOf(decoded));
    });
    // The views' parts come in any order beside those of the table.
    for (let i = stages.length - 1; i > 0; i--) {
      const j = rng.int(i + 1);
      const stage = stages[i]!;
      stages[i] = stages[j]!;
      stages[j] = stage;
    }
    if (flaws.blockWindow === undefined) return stages;
    const window = flaws.blockWindow;
    const first = stages[0]!;
    stages[0] = () => {
      skipped = recentBlocks.includes(hash);
      if (!skipped && recentBlocks.push(hash) > window) recentBlocks.shift();
      first();
    };
    return stages;
  }

  return {
    /** The insert's effects in their order, and its answer behind all of them. */
    insert(batch: RecordBatch): { readonly stages: readonly (() => void)[]; readonly undecodable: readonly number[] } {
      const undecodable: number[] = [];
      const decoded: [number, ModelEvent][] = [];
      for (const { offset, value } of batch.records) {
        const event = decodeEvent(value);
        if (event) decoded.push([offset, event]);
        else undecodable.push(offset);
      }
      if (decoded.length === 0) return { stages: [], undecodable };
      // A request may be several blocks: at its limit of bytes, or halved around what is no event.
      const cut = decoded.length > 1 && rng.int(3) === 0 ? 1 + rng.int(decoded.length - 1) : decoded.length;
      const blocks = [decoded.slice(0, cut), decoded.slice(cut)].filter((block) => block.length > 0);
      return { stages: blocks.flatMap((block) => insertBlock(batch, block)), undecodable };
    },

    /** Looks and says in one statement. */
    advance(range: { topic: string; partition: number; fromOffset: number; nextOffset: number; rows: number }): number {
      const name = nameOf(range);
      const position = positions.get(name) ?? 0;
      let there = 0;
      const joins = position >= range.fromOffset;
      for (let offset = range.fromOffset; joins && offset < range.nextOffset; offset++) {
        if (has(name, offset)) there++;
      }
      if (!flaws.believesAdvance && (!joins || there < range.rows)) return position;
      const reached = Math.max(position, range.nextOffset);
      positions.set(name, reached);
      return reached;
    },

    positions: () => new Map(positions),
    position: (name: string) => positions.get(name) ?? 0,
    has,

    /** Two parts of one month become one, or two of the states. */
    merge(): void {
      const isState = rng.int(2) === 0;
      if (isState) {
        if (states.length < 2) return;
        const [a] = states.splice(rng.int(states.length), 1);
        const [b] = states.splice(rng.int(states.length), 1);
        states.push(mergeStates([a!, b!]));
        return;
      }
      if (events.length < 2) return;
      const [a] = events.splice(rng.int(events.length), 1);
      const index = events.findIndex(({ month }) => month === a!.month);
      const b = index < 0 ? undefined : events.splice(index, 1)[0];
      events.push(b ? mergeEvents(a!, b) : a!);
    },

    snapshot: (): Snapshot => ({ events: [...events], states: [...states], positions: new Map(positions) }),
    restore(snapshot: Snapshot): void {
      events = [...snapshot.events];
      states = [...snapshot.states];
      positions = new Map(snapshot.positions);
      recentBlocks.length = 0;
    },
    /** Whether every row is in the aggregates: not so while an insert is under way, or where one was cut off. */
    isWhole(): boolean {
      const merged = mergeStates(states);
      return events.every(({ rows }) =>
        [...rows.values()].every((part) =>
          [...part.values()].every(({ titleId, eventId }) => merged.get(titleId)?.eventIds.has(eventId)),
        ),
      );
    },
    counts: (event: ModelEvent): boolean =>
      states.some((part) => part.get(event.titleId)?.eventIds.has(event.eventId) === true),

    answers(): Answers {
      const rows = new Map<string, string>();
      const eventIds = new Set<string>();
      let rawRows = 0;
      for (const part of events) {
        rawRows += part.rowCount;
        for (const [name, own] of part.rows) {
          for (const [offset, { eventId }] of own) {
            rows.set(`${name}/${offset}`, eventId);
            eventIds.add(eventId);
          }
        }
      }
      const merged = [...mergeStates(states)];
      return {
        rows: [...rows].map(([place, eventId]) => `${place} ${eventId}`).sort(),
        distinctEvents: eventIds.size,
        aggregates: merged.map(([titleId, state]) => `${titleId} ${state.eventIds.size} ${state.lastAt}`).sort(),
        rawRows,
        rawContributions: merged.reduce((sum, [, { contributions }]) => sum + contributions, 0),
      };
    },
  };

  function has(name: string, offset: number): boolean {
    return events.some(({ rows }) => rows.get(name)?.has(offset) === true);
  }
}

function statesOf(rows: readonly (readonly [number, ModelEvent])[]): StatePart {
  const part = new Map<string, { eventIds: Set<string>; lastAt: number; contributions: number }>();
  for (const [, { titleId, eventId, at }] of rows) {
    const state = part.get(titleId) ?? { eventIds: new Set<string>(), lastAt: 0, contributions: 0 };
    state.eventIds.add(eventId);
    state.lastAt = Math.max(state.lastAt, at);
    state.contributions++;
    part.set(titleId, state);
  }
  return part;
}

function mergeStates(parts: readonly StatePart[]): StatePart {
  const merged = new Map<string, { eventIds: Set<string>; lastAt: number; contributions: number }>();
  for (const part of parts) {
    for (const [titleId, state] of part) {
      const own = merged.get(titleId) ?? { eventIds: new Set<string>(), lastAt: 0, contributions: 0 };
      for (const eventId of state.eventIds) own.eventIds.add(eventId);
      own.lastAt = Math.max(own.lastAt, state.lastAt);
      own.contributions += state.contributions;
      merged.set(titleId, own);
    }
  }
  return merged;
}

/** ReplacingMergeTree: copies of one place become one row. */
function mergeEvents(a: EventPart, b: EventPart): EventPart {
  const rows = new Map<string, Map<number, ModelEvent>>();
  for (const part of [a, b]) {
    for (const [name, own] of part.rows) rows.set(name, new Map([...(rows.get(name) ?? []), ...own]));
  }
  const rowCount = [...rows.values()].reduce((sum, own) => sum + own.size, 0);
  return { month: a.month, rows, rowCount };
}

/** What every reader must answer about a log, the plain way. */
export function expectedAnswers(
  records: ReadonlyMap<string, readonly LogRecord[]>,
): Omit<Answers, "rawRows" | "rawContributions"> & { readonly undecodable: readonly string[] } {
  const rows: string[] = [];
  const undecodable: string[] = [];
  const titles = new Map<string, { eventIds: Set<string>; lastAt: number }>();
  const eventIds = new Set<string>();
  for (const [name, own] of records) {
    for (const { offset, value } of own) {
      const event = decodeEvent(value);
      if (!event) {
        undecodable.push(`${name}/${offset}`);
        continue;
      }
      rows.push(`${name}/${offset} ${event.eventId}`);
      eventIds.add(event.eventId);
      const title = titles.get(event.titleId) ?? { eventIds: new Set<string>(), lastAt: 0 };
      title.eventIds.add(event.eventId);
      title.lastAt = Math.max(title.lastAt, event.at);
      titles.set(event.titleId, title);
    }
  }
  return {
    rows: rows.sort(),
    distinctEvents: eventIds.size,
    aggregates: [...titles].map(([titleId, state]) => `${titleId} ${state.eventIds.size} ${state.lastAt}`).sort(),
    undecodable: undecodable.sort(),
  };
}
