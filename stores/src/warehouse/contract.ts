/**
 * What every warehouse promises, as a suite that runs against each adapter. Interactions are held to an oracle: the plain
 * meaning of the events, computed one by one, of events delivered twice and out of order.
 */
import { createRng, type Rng } from "@thewatcher/kit/rng";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LogRecord } from "../event-log/port.ts";
import { INTERACTIONS_AT_SQL } from "./interactions-at.ts";
import type { Warehouse } from "./port.ts";

const DAY_MS = 86_400_000;
const BEGIN = Date.parse("2026-03-30T00:00:00.000Z");

export interface TestEvent {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly profileId: string;
  readonly country: string;
  readonly timeQuality: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const uuid = (rng: Rng) => {
  const hex = (digits: number) =>
    rng
      .int(16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  return `019ab000-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
};

/** Few profiles, titles and instants, so that everything meets everything, ties included. */
export function randomEvents(rng: Rng, count: number): TestEvent[] {
  const types =
    "impression click play_start play_progress play_stop rate rate_undo watchlist watchlist_undo not_interested not_interested_undo watched watched_undo search".split(
      " ",
    );
  return Array.from({ length: count }, () => {
    const erases = rng.next() < 0.01;
    const type = erases ? "erasure" : (types[rng.int(types.length)] as string);
    const titleId = `film-${rng.int(4)}`;
    const playback = {
      playbackId: `playback ${rng.int(5)}`,
      watchedSeconds: rng.int(4000) / 2,
      ...(rng.next() < 0.5 ? { durationSeconds: 600 + rng.int(3000) } : {}),
    };
    const payloads: Record<string, object> = {
      play_start: { titleId, playbackId: playback.playbackId },
      play_progress: { titleId, ...playback },
      play_stop: { titleId, ...playback },
      rate: { titleId, stars: (1 + rng.int(10)) / 2 },
      watched: rng.next() < 0.5 ? { titleId } : { titleId, strength: 0.25 + rng.int(100) / 4 },
      search: { query: `"titleId":"film-1" \\ \n\t ёж` },
      erasure: { reason: "viewer_request" },
    };
    return {
      eventId: uuid(rng),
      type,
      // Five instants a day on four days over a month's end, an hour before midnight among them.
      occurredAt: new Date(BEGIN + rng.int(4) * DAY_MS + (rng.int(5) * DAY_MS) / 5 + (rng.int(3) - 1)).toISOString(),
      profileId: `p-${rng.int(5)}`,
      country: rng.next() < 0.8 ? "BY" : "DE",
      timeQuality: "observed",
      payload: (payloads[type] ?? { titleId }) as Record<string, unknown>,
    };
  });
}

const encoder = new TextEncoder();
export const recordOf = (event: TestEvent, offset: number): LogRecord => ({
  offset,
  key: event.profileId,
  value: encoder.encode(
    JSON.stringify({
      version: 1,
      sentAt: event.occurredAt,
      receivedAt: event.occurredAt,
      knownAt: event.occurredAt,
      device: "test",
      ...event,
    }),
  ),
});
const topicOf = ({ type }: TestEvent) =>
  type === "erasure" ? "erasures" : /^(rate|watch|not_)/.test(type) ? "stated" : "behaviour";

/** Gives each event its place in the log, then delivers every one twice, in an order of chance and batches of all sizes. */
export async function deliverTwice(warehouse: Warehouse, events: readonly TestEvent[], rng: Rng): Promise<void> {
  const offsets = new Map<string, number>();
  const records = events.map((event) => {
    const topic = topicOf(event);
    const offset = offsets.get(topic) ?? 0;
    offsets.set(topic, offset + 1);
    return { topic, record: recordOf(event, offset) };
  });
  const deliveries = [...records, ...records]
    .map((delivery) => ({ delivery, order: rng.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ delivery }) => delivery);
  for (let from = 0; from < deliveries.length; ) {
    const batch = deliveries.slice(from, from + 1 + rng.int(400));
    from += batch.length;
    for (const topic of ["behaviour", "stated", "erasures"]) {
      const own = batch.filter((delivery) => delivery.topic === topic).map(({ record }) => record);
      if (own.length > 0) await warehouse.insertEvents({ topic, partition: 0, records: own });
    }
  }
}

interface InteractionRow {
  readonly profileId: string;
  readonly titleId: string;
  readonly stars: number;
  readonly strength: number;
  readonly isWatchlisted: boolean;
  readonly isNotInterested: boolean;
  readonly durationSeconds: number;
  readonly plays: number;
  readonly watchedSeconds: number;
  readonly clicks: number;
  readonly impressions: number;
  readonly clickedAt: string;
  readonly playedAt: string;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** The slow way: for each pair, the events that count, one by one. */
export function interactionsOracle(events: readonly TestEvent[], asOf: string): InteractionRow[] {
  const erasedAt = new Map<string, string>();
  for (const { type, profileId, occurredAt } of events) {
    if (type === "erasure" && occurredAt > (erasedAt.get(profileId) ?? "")) erasedAt.set(profileId, occurredAt);
  }
  const pairs = new Map<string, TestEvent[]>();
  for (const event of events) {
    const { profileId, occurredAt, payload, type } = event;
    if (type === "erasure" || typeof payload.titleId !== "string") continue;
    if (occurredAt > asOf || occurredAt <= (erasedAt.get(profileId) ?? "")) continue;
    const key = `${profileId} ${payload.titleId}`;
    pairs.set(key, [...(pairs.get(key) ?? []), event]);
  }
  const never = new Date(0).toISOString();
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, own]) => {
      const [profileId, titleId] = key.split(" ") as [string, string];
      const ordered = [...own].sort((a, b) => (a.occurredAt + a.eventId < b.occurredAt + b.eventId ? -1 : 1));
      const last = (type: string) => {
        const event = ordered.filter((other) => other.type === type || other.type === `${type}_undo`).at(-1);
        return event?.type === type ? event : undefined;
      };
      const plays = own.filter(({ type }) => type.startsWith("play_"));
      const seconds = new Map<string, number>();
      for (const { payload } of plays) {
        const id = payload.playbackId as string;
        seconds.set(id, Math.max(seconds.get(id) ?? 0, Number(payload.watchedSeconds ?? 0)));
      }
      const times = (of: readonly TestEvent[]) => of.map(({ occurredAt }) => occurredAt).sort();
      const countOf = (type: string) =>
        new Set(own.filter((event) => event.type === type).map(({ eventId }) => eventId)).size;
      const watched = last("watched");
      return {
        profileId,
        titleId,
        stars: Number(last("rate")?.payload.stars ?? 0),
        strength: watched ? Number(watched.payload.strength ?? 1) : 0,
        isWatchlisted: last("watchlist") !== undefined,
        isNotInterested: last("not_interested") !== undefined,
        durationSeconds: Math.max(0, ...plays.map(({ payload }) => Number(payload.durationSeconds ?? 0))),
        plays: seconds.size,
        watchedSeconds: [...seconds.values()].reduce((sum, value) => sum + value, 0),
        clicks: countOf("click"),
        impressions: countOf("impression"),
        clickedAt: times(own.filter(({ type }) => type === "click")).at(-1) ?? never,
        playedAt: times(plays).at(-1) ?? never,
        firstAt: times(own)[0] as string,
        lastAt: times(own).at(-1) as string,
      };
    });
}

async function interactionsAt(warehouse: Warehouse, asOf: string): Promise<InteractionRow[]> {
  const rows = await warehouse.query<InteractionRow>(
    `SELECT profileId, titleId, stars, strength, isWatchlisted = 1 AS isWatchlisted, isNotInterested = 1 AS isNotInterested, durationSeconds, plays, watchedSeconds, clicks, impressions, clickedAt, playedAt, firstAt, lastAt
     FROM (${INTERACTIONS_AT_SQL}) ORDER BY profileId, titleId`,
    { params: { asOf } },
  );
  return rows.map((row) => ({
    ...row,
    isWatchlisted: Boolean(row.isWatchlisted),
    isNotInterested: Boolean(row.isNotInterested),
  }));
}

/** `open` gives an empty warehouse each time; the suite closes it. */
export function warehouseContract(name: string, open: () => Promise<Warehouse>): void {
  describe(`${name}: what every warehouse promises`, () => {
    let warehouse: Warehouse;
    beforeAll(async () => {
      warehouse = await open();
      await warehouse.migrate();
    });
    afterAll(async () => {
      await warehouse.close();
    });
    const clear = async () => {
      for (const table of ["events", "stated_interactions", "behaviour_interactions", "log_positions"])
        await warehouse.command(`TRUNCATE TABLE ${table}`);
    };

    test("migrating again applies nothing", async () => {
      expect(await warehouse.migrate()).toEqual([]);
    });

    test.each([1, 2, 3, 4])(
      "events delivered twice and out of order give the interactions of the plain reading, at any instant (seed %i)",
      async (seed) => {
        await clear();
        const rng = createRng(seed);
        const events = randomEvents(rng, 700);
        await deliverTwice(warehouse, events, rng);
        for (let i = 0; i < 4; i++) {
          const asOf = new Date(BEGIN + rng.int(4 * DAY_MS)).toISOString();
          expect(await interactionsAt(warehouse, asOf), `as of ${asOf}`).toEqual(interactionsOracle(events, asOf));
        }
        const end = new Date(BEGIN + 10 * DAY_MS).toISOString();
        expect(await interactionsAt(warehouse, end)).toEqual(interactionsOracle(events, end));
      },
    );

    test("an erased profile stays erased when its events are replayed afterwards", async () => {
      await clear();
      const rng = createRng(7);
      const events = randomEvents(rng, 60).filter(({ type }) => type !== "erasure");
      const erasure: TestEvent = {
        ...(events[0] as TestEvent),
        eventId: uuid(rng),
        type: "erasure",
        occurredAt: new Date(BEGIN + 9 * DAY_MS).toISOString(),
        profileId: "p-1",
        payload: { reason: "account_closed" },
      };
      await deliverTwice(warehouse, [...events, erasure], rng);
      await deliverTwice(warehouse, events, rng);
      for (const day of [1, 9, 10]) {
        const rows = await interactionsAt(warehouse, new Date(BEGIN + day * DAY_MS).toISOString());
        expect(rows.filter(({ profileId }) => profileId === "p-1")).toEqual([]);
        expect(rows.length).toBeGreaterThan(0);
      }
    });

    test("what is no stored event is returned by its offset; everything else of the batch is there, byte for byte", async () => {
      await clear();
      const rng = createRng(8);
      const good = randomEvents(rng, 40).map((event, index) => ({
        ...event,
        type: "search",
        payload: { query: `${index} \\ " \n \t \u2028 ёж 🎬 \\N '` },
      }));
      const bad = [
        "",
        "nope",
        "null",
        "[]",
        "5",
        '"text"',
        "{",
        "{}",
        '{"a":1}{"b":2}',
        '{"eventId":"x"}',
        '{"a":1},{"b":2}',
      ];
      const records: LogRecord[] = good.map((event, index) => recordOf(event, index * 2));
      bad.forEach((text, index) => {
        records.push({ offset: 1 + index * 2, key: "k", value: encoder.encode(text) });
      });
      // Pretty-printed: white space and newlines between the tokens.
      const pretty = { ...(good[0] as TestEvent), eventId: uuid(rng) };
      records.push({
        offset: 500,
        key: "k",
        value: encoder.encode(`\n ${JSON.stringify(pretty, undefined, "\t")} \n`),
      });
      records.sort((a, b) => a.offset - b.offset);
      const answer = await warehouse.insertEvents({ topic: "behaviour", partition: 3, records });
      expect(answer).toEqual({ inserted: good.length + 1, undecodable: bad.map((_, index) => 1 + index * 2) });
      const rows = await warehouse.query<{ offset: number; payload: string; eventId: string; occurredAt: string }>(
        "SELECT toUInt32(offset) AS offset, payload, toString(eventId) AS eventId, occurredAt FROM events FINAL ORDER BY offset",
      );
      expect(
        rows.map(({ offset, payload, eventId, occurredAt }) => [offset, JSON.parse(payload), eventId, occurredAt]),
      ).toEqual(
        [...good.map((event, index) => ({ event, offset: index * 2 })), { event: pretty, offset: 500 }].map(
          ({ event, offset }) => [offset, event.payload, event.eventId, event.occurredAt],
        ),
      );
    });

    test("a position moves where it joins on and the rows are there, and never back", async () => {
      await clear();
      const records = randomEvents(createRng(11), 30).map(recordOf);
      const place = { topic: "behaviour", partition: 2 };
      const positionsOf = async () => await warehouse.positions();
      await warehouse.insertEvents({ ...place, records: records.slice(0, 20) });
      expect(await positionsOf()).toEqual([]);
      // A gap in front, and rows that are not there, are no progress.
      expect(await warehouse.advance({ ...place, fromOffset: 10, nextOffset: 20, rows: 10 })).toBe(0);
      expect(await warehouse.advance({ ...place, fromOffset: 0, nextOffset: 25, rows: 25 })).toBe(0);
      expect(await positionsOf()).toEqual([]);
      expect(await warehouse.advance({ ...place, fromOffset: 0, nextOffset: 20, rows: 20 })).toBe(20);
      // Five dead letters among the next ten.
      await warehouse.insertEvents({ ...place, records: records.slice(20, 25) });
      expect(await warehouse.advance({ ...place, fromOffset: 20, nextOffset: 30, rows: 5 })).toBe(30);
      // An old owner's late words.
      expect(await warehouse.advance({ ...place, fromOffset: 0, nextOffset: 10, rows: 10 })).toBe(10);
      expect(await warehouse.advance({ ...place, fromOffset: 5, nextOffset: 25, rows: 21 })).toBe(30);
      expect(await warehouse.advance({ topic: "erasures", partition: 0, fromOffset: 0, nextOffset: 3, rows: 0 })).toBe(
        3,
      );
      expect(await positionsOf()).toEqual([
        { ...place, nextOffset: 30 },
        { topic: "erasures", partition: 0, nextOffset: 3 },
      ]);
    });

    test("the same batch again, and parts of it, leave one row a record", async () => {
      await clear();
      const rng = createRng(9);
      const records = randomEvents(rng, 200).map(recordOf);
      const batch = { topic: "behaviour", partition: 0, records };
      await Promise.all([warehouse.insertEvents(batch), warehouse.insertEvents(batch)]);
      await warehouse.insertEvents({ ...batch, records: records.slice(50, 120) });
      expect(await warehouse.query("SELECT toUInt32(count()) AS n FROM events FINAL")).toEqual([{ n: 200 }]);
    });

    test("an empty batch is no row and no error", async () => {
      await clear();
      expect(await warehouse.insertEvents({ topic: "behaviour", partition: 0, records: [] })).toEqual({
        inserted: 0,
        undecodable: [],
      });
      expect(await warehouse.query("SELECT toUInt32(count()) AS n FROM events")).toEqual([{ n: 0 }]);
    });

    test("a batch above one request's size, with a record of a megabyte in it, is whole", async () => {
      await clear();
      const rng = createRng(12);
      const padding = "ё 🎬 ".repeat(100);
      const records = randomEvents(rng, 45_000).map((event, offset) => {
        const query = offset === 777 ? "x".repeat(1_000_000) : padding;
        return recordOf({ ...event, type: "search", payload: { query } }, offset);
      });
      expect(records.reduce((sum, { value }) => sum + value.length, 0)).toBeGreaterThan(32 * 1024 * 1024);
      const place = { topic: "behaviour", partition: 0 };
      expect(await warehouse.insertEvents({ ...place, records })).toEqual({ inserted: 45_000, undecodable: [] });
      expect(
        await warehouse.query(
          "SELECT toUInt32(uniqExact(offset)) AS n, toUInt32(max(length(payload))) AS longest, toUInt32(countIf(position(payload, '🎬') > 0)) AS films FROM events",
        ),
      ).toEqual([{ n: 45_000, longest: 1_000_000 + '{"query":""}'.length, films: 44_999 }]);
      expect(await warehouse.advance({ ...place, fromOffset: 0, nextOffset: 45_000, rows: 45_000 })).toBe(45_000);
    });

    test("writers at the same time, of the same and of other records, leave one row a record", async () => {
      await clear();
      const rng = createRng(13);
      const records = randomEvents(rng, 400).map(recordOf);
      const writes = Array.from({ length: 12 }, (_, i) => {
        const from = (i % 4) * 80;
        const place = { topic: "behaviour", partition: i % 2 };
        return async () => {
          await warehouse.insertEvents({ ...place, records: records.slice(0, from + 160) });
          return warehouse.advance({ ...place, fromOffset: 0, nextOffset: from + 160, rows: from + 160 });
        };
      });
      expect((await Promise.all(writes.map((write) => write()))).sort((a, b) => a - b)).toEqual([
        ...Array.from({ length: 3 }, () => 160),
        ...Array.from({ length: 3 }, () => 240),
        ...Array.from({ length: 3 }, () => 320),
        ...Array.from({ length: 3 }, () => 400),
      ]);
      // Partition 0 had writers of 160 and 320, partition 1 of 240 and 400.
      expect(
        await warehouse.query(
          "SELECT partition, toUInt32(count()) AS n FROM events FINAL GROUP BY partition ORDER BY partition",
        ),
      ).toEqual([
        { partition: 0, n: 320 },
        { partition: 1, n: 400 },
      ]);
      expect(await warehouse.positions()).toEqual([
        { topic: "behaviour", partition: 0, nextOffset: 320 },
        { topic: "behaviour", partition: 1, nextOffset: 400 },
      ]);
    });

    test("a late insert of an old owner, long behind the merges, changes no answer: not before the next merge, not behind it", async () => {
      await clear();
      const events = randomEvents(createRng(14), 300);
      const records = events.map(recordOf);
      const place = { topic: "behaviour", partition: 0 };
      const answers = async () => ({
        rows: await warehouse.query(
          "SELECT toUInt32(offset) AS offset, toString(eventId) AS eventId FROM events FINAL ORDER BY offset",
        ),
        events: await warehouse.query("SELECT toUInt32(uniqExact(eventId)) AS n FROM events"),
        interactions: await interactionsAt(warehouse, new Date(BEGIN + 10 * DAY_MS).toISOString()),
        positions: await warehouse.positions(),
      });
      await warehouse.insertEvents({ ...place, records });
      await warehouse.advance({ ...place, fromOffset: 0, nextOffset: 300, rows: 300 });
      const optimize = async () => {
        for (const table of ["events", "stated_interactions", "behaviour_interactions"])
          await warehouse.command(`OPTIMIZE TABLE ${table} FINAL`);
      };
      await optimize();
      const before = await answers();
      expect(before.rows).toHaveLength(300);
      expect(before.interactions.length).toBeGreaterThan(0);
      // Cut elsewhere than the first time, as a stuck owner's would be; then its word.
      await warehouse.insertEvents({ ...place, records: records.slice(37, 211) });
      await warehouse.advance({ ...place, fromOffset: 37, nextOffset: 211, rows: 174 });
      expect(await answers()).toEqual(before);
      await optimize();
      expect(await answers()).toEqual(before);
    });

    test("an event that its client sent twice lies at two places and counts once", async () => {
      await clear();
      const rng = createRng(15);
      const events = randomEvents(rng, 200).filter(({ type }) => type !== "erasure");
      const twice = [...events, ...events.filter(() => rng.next() < 0.5)];
      await warehouse.insertEvents({ topic: "behaviour", partition: 0, records: twice.map(recordOf) });
      expect(await warehouse.query("SELECT toUInt32(uniqExact(eventId)) AS n FROM events")).toEqual([
        { n: new Set(events.map(({ eventId }) => eventId)).size },
      ]);
      const end = new Date(BEGIN + 10 * DAY_MS).toISOString();
      expect(await interactionsAt(warehouse, end)).toEqual(interactionsOracle(events, end));
    });

    test("parameters arrive as they are", async () => {
      const text = "it's \\ \n\t\" ü 😀 {x} \\N";
      expect(
        await warehouse.query("SELECT {text:String} AS text, {at:DateTime64(3)} AS at, {list:Array(String)} AS list", {
          params: { text, at: "2026-11-23T10:00:00.123Z", list: ["a'b", "c\\", ""] },
        }),
      ).toEqual([{ text, at: "2026-11-23T10:00:00.123Z", list: ["a'b", "c\\", ""] }]);
    });

    test("a stream is the whole answer in the format asked for", async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of warehouse.stream("SELECT toUInt32(number) FROM numbers(300000) FORMAT RowBinary"))
        chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      expect(bytes.length).toBe(1_200_000);
      const ordered = Uint32Array.from({ length: 300_000 }, (_, i) => bytes.readUInt32LE(i * 4)).sort();
      expect(ordered.every((value, index) => value === index)).toBe(true);
    });

    test("an error in the middle of a stream is an error, not a short answer", async () => {
      const read = async () => {
        for await (const _ of warehouse.stream(
          "SELECT throwIf(number = 190000) FROM numbers(200000) SETTINGS max_block_size = 1000, max_threads = 1 FORMAT RowBinary",
        ));
      };
      await expect(read()).rejects.toThrow();
    });

    test.each([
      ["SELEC 1", "62"],
      ["SELECT * FROM nowhere", "60"],
      ["SELECT {missing:String}", "456"],
      ["SELECT count() FROM numbers(100000000000)", "159"],
    ])("%s is refused with the engine's own code", async (sql, code) => {
      await expect(warehouse.query(sql, { maxExecutionSeconds: 1 })).rejects.toMatchObject({ code });
    });

    test("a setting or parameter of one query is not there for the next", async () => {
      await warehouse.query("SELECT {leak:String}", { params: { leak: "x" } });
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          await expect(warehouse.query("SELECT {leak:String}")).rejects.toMatchObject({ code: "456" });
        }),
      );
    });

    test("slow analysis holds up no insert", async () => {
      const slow = Array.from({ length: 8 }, () =>
        warehouse.query("SELECT count() FROM numbers(100000000000)", { maxExecutionSeconds: 3 }).catch(() => "ended"),
      );
      let running = true;
      const all = Promise.all(slow).then(() => {
        running = false;
      });
      await warehouse.insertEvents({
        topic: "behaviour",
        partition: 1,
        records: randomEvents(createRng(10), 10).map(recordOf),
      });
      expect(running).toBe(true);
      await all;
    });

    test("it says what it is", async () => {
      expect(await warehouse.describe()).toMatch(/ClickHouse/);
    });
  });
}
