import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lastingTopics } from "@thewatcher/contracts/topics";
import { systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import type { Objects } from "@thewatcher/stores/objects/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NOON, storedEvent } from "../testing/events.ts";
import { failOperation } from "../testing/faults.ts";
import { thrownBy } from "../testing/files.ts";
import { createHurriedClock, openTestStores, readTopic, type TestStores } from "../testing/stores.ts";
import { createArchiveWriter, examineArchive } from "./archive.ts";
import { type HistorySource, openHistory } from "./history.ts";
import { decodeSegment, encodeSegment } from "./segment-file.ts";
import { cover, listSegments, segmentKey } from "./segments.ts";

let stores: TestStores;
let objects: Objects;
beforeEach(async () => {
  stores = await openTestStores(createHurriedClock(NOON));
  objects = await openFolderObjects({ path: join(stores.folder, "objects") });
});
afterEach(async () => {
  await objects.close();
  await stores[Symbol.asyncDispose]();
});

const plain = (records: readonly LogRecord[]) =>
  records.map(({ offset, key, value }) => ({ offset, key, value: Buffer.from(value).toString("latin1") }));

async function appendSome(from: number, count: number): Promise<void> {
  for (const { name } of lastingTopics) {
    const records = Array.from({ length: count }, (_, i) => ({
      key: `p-${(from + i) % 7}`,
      value: i % 5 === 4 ? Buffer.from([0xff, 0x00, i]) : `{"n":${from + i},"ф":"\\n"}`,
    }));
    await stores.eventLog.append(name, records);
  }
}

async function archiveAll(to: Objects = objects): Promise<void> {
  const archive = createArchiveWriter({ eventLog: stores.eventLog, objects: to, log: silentLog });
  await archive.start();
  await archive.caughtUp();
  await archive.close();
}

async function historyOf(topic: string, source: HistorySource, from = 0) {
  const found: ReturnType<typeof plain> = [];
  for (const partition of await openHistory({ eventLog: stores.eventLog, objects }, topic, source)) {
    for await (const records of partition.read(from)) found.push(...plain(records));
  }
  return found;
}

describe("the archive", () => {
  test("holds every record of every topic, byte for byte, and says how much the log may forget", async () => {
    await appendSome(0, 40);
    await archiveAll();
    await appendSome(40, 3);
    await archiveAll();
    for (const { name } of lastingTopics) {
      const all = plain(await readTopic(stores.eventLog, name));
      expect(await historyOf(name, "archive")).toEqual(all);
      expect(await historyOf(name, "log")).toEqual(all);
      const bounds = await stores.eventLog.bounds(name);
      expect(await examineArchive({ eventLog: stores.eventLog, objects }, name)).toEqual(
        bounds.map((bound) => ({ ...bound, archivedTo: bound.nextOffset, lost: [], unarchived: [] })),
      );
    }
  });

  test("loses nothing and doubles nothing where any put fails, before or behind its effect", async () => {
    await appendSome(0, 12);
    for (const when of ["before", "after"] as const) {
      for (let n = 1; ; n++) {
        const plan = failOperation(n, when);
        const own = await openFolderObjects({ path: join(stores.folder, `faulty-${when}-${n}`) });
        for (const { name } of lastingTopics) {
          const positions = (await stores.eventLog.bounds(name)).map(({ partition }) => ({ partition, nextOffset: 0 }));
          await stores.eventLog.commit("archive", name, positions);
        }
        await archiveAll({ ...own, put: (key, body) => plan.run(() => own.put(key, body)) });
        for (const { name } of lastingTopics) {
          const found: LogRecord[] = [];
          for (const partition of await openHistory({ eventLog: stores.eventLog, objects: own }, name, "archive")) {
            expect(partition.missing).toEqual([]);
            for await (const records of partition.read()) found.push(...records);
          }
          expect(plain(found)).toEqual(plain(await readTopic(stores.eventLog, name)));
        }
        await own.close();
        if (!plan.fired()) break;
      }
    }
  });

  test("gets objects that were lost again while the log holds their records, and names them meanwhile", async () => {
    await appendSome(0, 10);
    await archiveAll();
    await appendSome(10, 10);
    await archiveAll();
    const segments = await listSegments(objects, "dead-letters", 0);
    expect(segments.map(({ from, next }) => [from, next])).toEqual([
      [0, 10],
      [10, 20],
    ]);
    await objects.delete([segments[0]!.key]);
    const deps = { eventLog: stores.eventLog, objects };
    expect(await examineArchive(deps, "dead-letters")).toMatchObject([
      { archivedTo: 0, lost: [], unarchived: [{ from: 0, next: 10 }] },
    ]);
    expect((await openHistory(deps, "dead-letters", "archive"))[0]?.missing).toEqual([{ from: 0, next: 10 }]);
    await archiveAll();
    expect(await examineArchive(deps, "dead-letters")).toMatchObject([{ archivedTo: 20, unarchived: [] }]);
    expect(await historyOf("dead-letters", "archive")).toEqual(plain(await readTopic(stores.eventLog, "dead-letters")));
  });

  test("closes at once, though a segment is under way: its records come again", async () => {
    await appendSome(0, 10);
    let closed: Promise<void> | undefined;
    const archive = createArchiveWriter({
      eventLog: stores.eventLog,
      log: silentLog,
      lingerMs: 0,
      objects: {
        ...objects,
        put: async (key, body) => {
          closed ??= archive.close();
          await objects.put(key, body);
        },
      },
    });
    await archive.start();
    await thrownBy(() => archive.caughtUp());
    await closed;
    const lacking = async () =>
      (await openHistory({ eventLog: stores.eventLog, objects }, "behaviour", "archive")).flatMap(
        ({ missing }) => missing,
      ).length;
    expect(await lacking()).toBeGreaterThan(0);
    await archiveAll();
    expect(await lacking()).toBe(0);
    expect(await historyOf("behaviour", "archive")).toEqual(plain(await readTopic(stores.eventLog, "behaviour")));
  });

  test("stands in for what the log has forgotten; what neither holds is named", async () => {
    await appendSome(0, 20);
    await archiveAll();
    await appendSome(20, 4);
    const all = plain(await readTopic(stores.eventLog, "erasures"));
    const forgetful: TestStores["eventLog"] = {
      ...stores.eventLog,
      bounds: async (topic) => (await stores.eventLog.bounds(topic)).map((bound) => ({ ...bound, firstOffset: 18 })),
    };
    const deps = { eventLog: forgetful, objects };
    const [erasures] = await openHistory(deps, "erasures", "auto");
    const found: LogRecord[] = [];
    for await (const records of erasures!.read(3)) found.push(...records);
    expect(plain(found)).toEqual(all.slice(3));
    expect((await openHistory(deps, "erasures", "log"))[0]?.missing).toEqual([{ from: 0, next: 18 }]);
    await objects.delete((await listSegments(objects, "erasures", 0)).map(({ key }) => key));
    expect((await openHistory(deps, "erasures", "auto"))[0]?.missing).toEqual([{ from: 0, next: 18 }]);
    expect(await examineArchive(deps, "erasures")).toMatchObject([
      { archivedTo: 18, lost: [{ from: 0, next: 18 }], unarchived: [] },
    ]);
  });
});

describe("a segment's file", () => {
  test("says to another reader what we wrote: ClickHouse's engine reads the same rows, instants and bytes", async () => {
    const click = storedEvent("click", NOON, { titleId: "film-1" }, { knownAt: NOON + 250 });
    const values = [Buffer.from(JSON.stringify(click)), Buffer.from([0xff, 0x00, 0x0a]), Buffer.from('{"type":7}')];
    const records = values.map((value, i) => ({ offset: 2 ** 40 + i, key: `k-${i}é`, value }));
    const file = join(stores.folder, "segment.parquet");
    await writeFile(file, await encodeSegment({ topic: "behaviour", partition: 3, records }));
    const warehouse = await openChdbWarehouse({ path: join(stores.folder, "warehouse"), clock: systemClock });
    try {
      const rows = await warehouse.query(
        `SELECT partition, toFloat64(offset) AS offset, key, hex(value) AS value, eventId, type, profileId, toUnixTimestamp64Milli(occurredAt) = ${NOON} AS occurred, toUnixTimestamp64Milli(receivedAt) = ${NOON + 250} AS received FROM file('${file}', Parquet) ORDER BY offset`,
      );
      const nothing = { eventId: null, type: null, profileId: null, occurred: null, received: null };
      const said = { eventId: click.eventId, type: "click", profileId: "p-1", occurred: 1, received: 1 };
      expect(rows).toEqual(
        records.map(({ offset, key, value }, i) => ({
          partition: 3,
          offset,
          key,
          value: value.toString("hex").toUpperCase(),
          ...(i === 0 ? said : nothing),
        })),
      );
    } finally {
      await warehouse.close();
      await rm(file);
    }
  });

  test("comes back as it went in: any bytes, keys and number of rows", async () => {
    const record = fc.record({ key: fc.string({ unit: "grapheme", maxLength: 8 }), value: fc.uint8Array() });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat(2 ** 40), async (given, first) => {
        const records = given.map((one, i) => ({ offset: first + i, ...one }));
        const back = await decodeSegment(await encodeSegment({ topic: "stated", partition: 0, records }));
        expect(plain(back)).toEqual(plain(records));
      }),
      { numRuns: 200 },
    );
  });
});

test("a cover takes each offset once, from a segment that holds it, and leaves out only what none holds", () => {
  const range = fc
    .tuple(fc.nat(30), fc.integer({ min: 1, max: 12 }))
    .map(([from, count]) => ({ from, next: from + count }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), range, (ranges, wanted) => {
      const segments = ranges
        .map((one) => ({ ...one, key: segmentKey("stated", 1, one) }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      let at = wanted.from;
      for (const part of cover(segments, wanted)) {
        expect(part.from).toBe(at);
        expect(part.next).toBeGreaterThan(at);
        at = part.next;
        if (part.kind === "segment") {
          expect(part.segment.from <= part.from && part.segment.next >= part.next).toBe(true);
        } else {
          expect(ranges.some(({ from, next }) => from < part.next && next > part.from)).toBe(false);
        }
      }
      expect(at).toBe(wanted.next);
    }),
    { numRuns: 500 },
  );
});
