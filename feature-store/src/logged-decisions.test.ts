import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DecisionRecord } from "@thewatcher/contracts/decisions";
import type { DecisionId, TitleId } from "@thewatcher/contracts/ids";
import { decisions } from "@thewatcher/contracts/topics/decisions";
import { systemClock } from "@thewatcher/kit/clock";
import { pack } from "@thewatcher/kit/packed";
import { deterministicUuid7, uuid7 } from "@thewatcher/kit/uuid";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { measureJoinRate } from "./join-rate.ts";
import { type LoggedDecision, readLoggedDecisions } from "./logged-decisions.ts";

// What is older than 30 days would be forgotten while the test looks.
const AT = systemClock.now() - 86_400_000;
const MINUTE_MS = 60_000;
let folder: string;
let warehouse: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "thewatcher-logged-decisions-"));
  warehouse = await openChdbWarehouse({ path: folder, clock: systemClock });
  await warehouse.migrate();
});
afterAll(async () => {
  await warehouse.close();
  await rm(folder, { recursive: true, force: true });
});

let offset = 0;
beforeEach(async () => {
  for (const table of ["events", "decisions", "decision_items"]) await warehouse.command(`TRUNCATE TABLE ${table}`);
});

/** Three titles in one row, a fourth sampled; the features of title i are [i, 0.5]. */
function recordOf(decisionId: string, changed: Partial<DecisionRecord> = {}): DecisionRecord {
  return DecisionRecord.parse({
    ...decisions.example,
    decisionId,
    occurredAt: new Date(AT).toISOString(),
    titleIds: ["film-0", "film-1", "film-2", "film-3"],
    numbers: pack(Float64Array.of(0.5, 0.25)),
    candidates: {
      titles: pack(Int32Array.of(0, 1, 2, 3)),
      sources: pack(Uint32Array.of(1, 1, 1, 1)),
      sourceScores: null,
      scores: "$n1:AAAAAQ==",
    },
    features: {
      names: ["list_score", "is_evening"],
      candidates: pack(Int32Array.of(0, 1, 2, 3)),
      columns: [pack(Float32Array.of(0, 1, 2, 3)), 0.5],
    },
    rows: [
      {
        ...decisions.example.rows[0]!,
        rowId: "top-picks",
        slots: {
          titles: pack(Int32Array.of(0, 1, 2)),
          scores: "$n1:AAAA",
          sources: pack(Int32Array.of(0, 0, 0)),
          reasons: pack(Int32Array.of(0, 0, 0)),
          drawn: [{ position: 1, propensity: 1 }],
        },
      },
    ],
    rowOrder: ["top-picks"],
    ...changed,
  });
}

async function logDecision(record: DecisionRecord): Promise<void> {
  const value = Buffer.from(JSON.stringify(record));
  const batch = { topic: "decisions", partition: 0, records: [{ offset: offset++, key: "p-1001", value }] };
  expect(await warehouse.insertDecisions(batch)).toEqual({ inserted: 1, undecodable: [] });
}

let events = 0;
async function happened(
  type: string,
  payload: object,
  more: { decisionId?: string; position?: number; afterMs?: number; topic?: string } = {},
): Promise<void> {
  const occurredAt = new Date(AT + (more.afterMs ?? MINUTE_MS)).toISOString();
  const event = {
    ...{ version: 1, eventId: deterministicUuid7(`${events++}`, AT), type, profileId: "p-1001", payload },
    ...{ occurredAt, sentAt: occurredAt, receivedAt: occurredAt, knownAt: occurredAt },
    ...{ device: "web", country: "BY", timeQuality: "observed", decisionId: more.decisionId, position: more.position },
  };
  const records = [{ offset: offset++, key: "p-1001", value: Buffer.from(JSON.stringify(event)) }];
  await warehouse.insertEvents({ topic: more.topic ?? "behaviour", partition: 0, records });
}

async function readAll(): Promise<readonly LoggedDecision[]> {
  const read: LoggedDecision[] = [];
  const window = { since: AT - MINUTE_MS, until: AT + MINUTE_MS, outcomesUntil: AT + 10 * MINUTE_MS };
  for await (const decision of readLoggedDecisions(warehouse, window)) read.push(decision);
  return read;
}

const outcomes = (decision: LoggedDecision | undefined) =>
  decision?.items.map(({ titleId, exposed, clicked, played, signal }) => [titleId, exposed, clicked, played, signal]);

describe("logged decisions", () => {
  test("stand beside what came of each title: seen by its impression, clicked, and played as far as its playback went", async () => {
    const decisionId = uuid7(AT) as DecisionId;
    await logDecision(recordOf(decisionId));
    await happened("impression", { titleId: "film-0", rowId: "top-picks" }, { decisionId });
    await happened("impression", { titleId: "film-1", rowId: "top-picks" }, { decisionId });
    await happened("click", { titleId: "film-1", rowId: "top-picks" }, { decisionId });
    const playback = { titleId: "film-1", playbackId: "a" };
    await happened("play_start", { ...playback, fromSeconds: 0 }, { decisionId });
    // Half of 90% of the length: 0.2 + 0.8 · 0.5 = 0.6. Progress names no decision.
    await happened("play_progress", { ...playback, watchedSeconds: 1000, positionSeconds: 1000 });
    await happened("play_stop", { ...playback, watchedSeconds: 2700, positionSeconds: 2700, durationSeconds: 6000 });
    const [decision, ...others] = await readAll();
    expect(others).toEqual([]);
    expect(outcomes(decision)).toEqual([
      ["film-0", true, false, false, 0],
      ["film-1", true, true, true, expect.closeTo(0.6, 6)],
      ["film-2", false, false, false, 0],
      ["film-3", false, false, false, 0],
    ]);
    expect(decision).toMatchObject({ decisionId, profileId: "p-1001", at: AT, kind: "list", ranker: "" });
    expect(decision?.featureNames).toEqual(["list_score", "is_evening"]);
    expect(decision?.items.map(({ features }) => [...features])).toEqual([0, 1, 2, 3].map((title) => [title, 0.5]));
    expect(decision?.items.map(({ shown, position, propensity }) => [shown, position, propensity])).toEqual([
      [true, 0, 1],
      [true, 1, 0.25],
      [true, 2, 1],
      [false, 0, 1],
    ]);
  });

  test("without any impression all of it counts as seen, where something was done with it", async () => {
    const clicked = uuid7(AT) as DecisionId;
    const untouched = uuid7(AT) as DecisionId;
    await logDecision(recordOf(clicked));
    await logDecision(recordOf(untouched));
    await happened("click", { titleId: "film-2" }, { decisionId: clicked });
    const read = await readAll();
    expect(read.map(({ decisionId }) => decisionId)).toEqual([clicked]);
    expect(outcomes(read[0])).toEqual([
      ["film-0", true, false, false, 0],
      ["film-1", true, false, false, 0],
      ["film-2", true, true, false, 0.2],
      ["film-3", false, false, false, 0],
    ]);
  });

  test("are each read once, however often the record was delivered, and never behind an erasure", async () => {
    const decisionId = uuid7(AT) as DecisionId;
    const record = recordOf(decisionId);
    const value = Buffer.from(JSON.stringify(record));
    for (const place of [900, 900, 901]) {
      await warehouse.insertDecisions({
        topic: "decisions",
        partition: 1,
        records: [{ offset: place, key: "p-1001", value }],
      });
    }
    await happened("click", { titleId: "film-0" }, { decisionId });
    const read = await readAll();
    expect(read.map(({ items }) => items.length)).toEqual([4]);
    await happened("erasure", { reason: "viewer_request" }, { afterMs: 0, topic: "erasures" });
    expect(await readAll()).toEqual([]);
  });

  test("a record without room for features has items without them", async () => {
    const decisionId = uuid7(AT) as DecisionId;
    await logDecision(recordOf(decisionId, { features: null, cut: ["sample", "features"] }));
    await happened("click", { titleId: "film-0" as TitleId }, { decisionId });
    const [decision] = await readAll();
    expect(decision?.featureNames).toEqual([]);
    expect(decision?.items.map(({ features }) => features.length)).toEqual([0, 0, 0]);
  });

  test("what is no decision is named by its offset, and all else of the batch goes in", async () => {
    const good = recordOf(uuid7(AT));
    const texts = [
      "no json",
      JSON.stringify({ ...good, version: 2 }),
      JSON.stringify(good),
      // A slot of a title that the record does not name.
      JSON.stringify({ ...good, titleIds: ["film-0"] }),
      JSON.stringify({ ...good, numbers: "$d8:AQAB" }),
    ];
    const records = texts.map((text, place) => ({ offset: 500 + place, key: "k", value: Buffer.from(text) }));
    expect(await warehouse.insertDecisions({ topic: "decisions", partition: 0, records })).toEqual({
      inserted: 1,
      undecodable: [500, 501, 503, 504],
    });
    expect(await warehouse.query("SELECT toUInt32(offset) AS offset FROM decisions")).toEqual([{ offset: 502 }]);
    expect(await warehouse.query("SELECT toUInt32(count()) AS items FROM decision_items")).toEqual([{ items: 4 }]);
  });
});

describe("the join rate", () => {
  const measure = () => measureJoinRate(warehouse, { since: AT - MINUTE_MS, until: AT + 10 * MINUTE_MS });

  test("is the share of clicks and starts whose decision is logged with their title at their position", async () => {
    const decisionId = uuid7(AT) as DecisionId;
    await logDecision(recordOf(decisionId));
    await happened("click", { titleId: "film-1" }, { decisionId, position: 1 });
    await happened("play_start", { titleId: "film-2", playbackId: "a" }, { decisionId, position: 2 });
    await happened("click", { titleId: "film-0" }, { decisionId });
    // An impression is no success, and what names no decision claims none.
    await happened("impression", { titleId: "film-9" }, { decisionId, position: 0 });
    await happened("click", { titleId: "film-9" });
    expect(await measure()).toEqual({
      events: 3,
      joined: 3,
      rate: 1,
      isMet: true,
      missing: { decision: 0, item: 0, position: 0 },
      ignored: 0,
    });
    await happened("click", { titleId: "film-1" }, { decisionId, position: 0 });
    await happened("click", { titleId: "film-3" }, { decisionId, position: 0 });
    await happened("click", { titleId: "film-1" }, { decisionId: uuid7(AT + 1), position: 1 });
    expect(await measure()).toEqual({
      events: 6,
      joined: 3,
      rate: 0.5,
      isMet: false,
      missing: { decision: 1, item: 1, position: 1 },
      ignored: 0,
    });
  });

  test("leaves out what names a decision of before the log, and who was erased", async () => {
    const decisionId = uuid7(AT) as DecisionId;
    await happened("click", { titleId: "film-1" }, { decisionId: uuid7(AT - MINUTE_MS), position: 1 });
    expect(await measure()).toMatchObject({ events: 0, rate: null, ignored: 1 });
    await logDecision(recordOf(decisionId));
    await happened("click", { titleId: "film-1" }, { decisionId, position: 1 });
    expect(await measure()).toMatchObject({ events: 1, joined: 1, ignored: 1 });
    await happened("erasure", { reason: "viewer_request" }, { afterMs: 5 * MINUTE_MS, topic: "erasures" });
    expect(await measure()).toMatchObject({ events: 0, rate: null });
  });
});
