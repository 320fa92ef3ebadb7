import { DecisionRecord } from "@thewatcher/contracts/decisions";
import { DecisionId, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { defaultServingParameters } from "@thewatcher/contracts/serving-parameters";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { NewRecord } from "@thewatcher/stores/event-log/port";
import { describe, expect, test } from "vitest";
import { createDecisionLog, type DecisionLogDeps, type DropReason } from "./decision-log.ts";
import type { DecisionTrace } from "./decision-trace.ts";

const titleIds = Array.from({ length: 200 }, (_, place) => TitleId.parse(`film-${place}`));
const all = Int32Array.from(titleIds.keys());

/** A page of one row of 20 titles, out of 200 candidates. */
function traceOf(profileId: ProfileId | null = ProfileId.parse("p-1")): DecisionTrace {
  return {
    decisionId: DecisionId.parse(uuid7(1_795_428_000_000)),
    kind: "home",
    profileId,
    at: 1_795_428_000_000,
    generation: null,
    rankerVersion: null,
    country: "BY",
    locale: "ru",
    ageLimit: null,
    device: "web",
    parameters: defaultServingParameters,
    arms: {},
    rulesVersion: null,
    titleFeaturesVersion: null,
    seed: 1,
    exclude: [],
    minutes: null,
    with: null,
    stateRevision: null,
    history: [],
    titleIds,
    sourceNames: ["personal_list"],
    candidates: {
      titles: all,
      sources: new Uint32Array(200).fill(1),
      sourceScores: Float32Array.from(all, (title) => 1 / (title + 3)),
      scores: Float64Array.from(all, (title) => 1 / (title + 7)),
    },
    features: null,
    removed: [],
    rows: [
      {
        rowId: "top-picks",
        kind: "top_picks",
        heading: "Top picks for you",
        reason: { kind: "personal_ranking", titleCount: 200 },
        group: "top-picks",
        groupRowsMax: 1,
        entriesMin: 5,
        entriesMax: 20,
        isReranked: true,
        ranked: all,
        rankedScores: Float64Array.from(all, (title) => 1 / (title + 7)),
        filled: new Int32Array(0),
        reranked: all,
        pool: new Int32Array(0),
        poolUtilities: new Float64Array(0),
        poolLogBoosts: new Float64Array(0),
        slots: Array.from({ length: 20 }, (_, title) => ({
          title,
          score: 1 / (title + 7),
          source: "personal_list",
          reason: { kind: "similar_to_history", seeds: [] },
        })),
        worth: 1,
      },
    ],
    rowsArePersonal: true,
    rowOrder: ["top-picks"],
    degradations: [],
  };
}

/** A decision log over an event log that does as it is told. */
function open(
  append: (records: readonly NewRecord[]) => Promise<unknown>,
  more: { readonly clock?: DecisionLogDeps["clock"]; readonly limits?: DecisionLogDeps["limits"] } = {},
) {
  const appended: NewRecord[][] = [];
  const dropped = new Map<DropReason, number>();
  const said: unknown[] = [];
  let logged = 0;
  const log = silentLog.child({});
  log.warn = ((about: unknown) => void said.push(about)) as typeof log.warn;
  const decisions = createDecisionLog({
    eventLog: {
      async append(topic, records) {
        expect(topic).toBe("decisions");
        await append(records);
        appended.push([...records]);
        return records.map((_, offset) => ({ partition: 0, offset }));
      },
    },
    clock: more.clock ?? systemClock,
    log,
    metrics: {
      logged: (count) => {
        logged += count;
      },
      dropped: (reason, count) => dropped.set(reason, (dropped.get(reason) ?? 0) + count),
      cut: () => undefined,
    },
    limits: { lingerMs: 0, ...more.limits },
  });
  return { decisions, appended, dropped, said, logged: () => logged };
}

const until = async (is: () => boolean) => {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
};
const never = () => new Promise<never>(() => undefined);

describe("the decision log", () => {
  test("writes each decision as a record of its profile, in order; nobody's by its own id", async () => {
    const { decisions, appended, logged, dropped } = open(async () => undefined);
    const traces = [traceOf(), traceOf(ProfileId.parse("p-2")), traceOf(null)];
    for (const trace of traces) decisions.add(trace);
    await decisions.flushed();
    const records = appended.flat();
    expect(records.map(({ key }) => key)).toEqual(["p-1", "p-2", traces[2]!.decisionId]);
    const parsed = records.map(({ value }) => DecisionRecord.parse(JSON.parse(String(value))));
    expect(parsed.map(({ decisionId }) => decisionId)).toEqual(traces.map(({ decisionId }) => decisionId));
    expect(logged()).toBe(3);
    expect(dropped.size).toBe(0);
    expect(decisions.waiting()).toBe(0);
    await decisions.close();
  });

  test("takes no more than its queue holds, and drops the rest at once", async () => {
    const { decisions, dropped } = open(never, { limits: { decisionsMax: 50 } });
    for (let n = 0; n < 300; n++) decisions.add(traceOf());
    expect(decisions.waiting()).toBe(50);
    expect(dropped).toEqual(new Map([["queue_full", 250]]));
  });

  test("is bounded by bytes, too", () => {
    const { decisions, dropped } = open(never, { limits: { bytesMax: 100_000 } });
    for (let n = 0; n < 300; n++) decisions.add(traceOf());
    expect(decisions.waiting()).toBeGreaterThan(2);
    expect(decisions.waiting()).toBeLessThan(20);
    expect((dropped.get("queue_full") ?? 0) + decisions.waiting()).toBe(300);
  });

  test("has room again when the log has taken what waited", async () => {
    let release = () => undefined as unknown;
    const held = new Promise((resolve) => {
      release = () => resolve(undefined);
    });
    const { decisions, dropped, logged } = open(() => held, { limits: { decisionsMax: 10 } });
    for (let n = 0; n < 10; n++) decisions.add(traceOf());
    await until(() => decisions.waiting() === 10);
    release();
    await decisions.flushed();
    for (let n = 0; n < 10; n++) decisions.add(traceOf());
    await decisions.flushed();
    expect(logged()).toBe(20);
    expect(dropped.size).toBe(0);
  });

  test("gives up a batch that the log does not take in time, and says so once a minute", async () => {
    const clock = createSimulatedClock(1_795_428_000_000);
    const { decisions, dropped, said } = open(never, { clock, limits: { appendMs: 5_000 } });
    for (let round = 1; round <= 3; round++) {
      decisions.add(traceOf());
      const flushed = decisions.flushed();
      let done = false;
      void flushed.then(() => {
        done = true;
      });
      while (!done) {
        await clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(dropped.get("log_away")).toBe(round);
    }
    expect(said).toHaveLength(1);
    await clock.advance(60_000);
    const failing = open(async () => Promise.reject(new Error("no broker")), { clock });
    failing.decisions.add(traceOf());
    const flushed = failing.decisions.flushed();
    await clock.advance(0);
    await flushed;
    expect(failing.dropped).toEqual(new Map([["log_away", 1]]));
    expect(failing.said).toMatchObject([{ dropped: { log_away: 1 } }]);
  });

  test("holds the event loop for a few milliseconds at a time, however much waits", async () => {
    const { decisions } = open(async () => undefined);
    for (let n = 0; n < 400; n++) decisions.add(traceOf());
    // By counting turns: 400 records in one piece would leave room for none.
    let turns = 0;
    let done = false;
    void decisions.flushed().then(() => {
      done = true;
    });
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThan(10);
  });

  test("a record that can't be made is dropped alone", async () => {
    const { decisions, appended, dropped } = open(async () => undefined);
    decisions.add({ ...traceOf(), at: Number.NaN });
    decisions.add(traceOf());
    const long = Array.from({ length: 2_000 }, (_, place) => TitleId.parse(`${place}`.padStart(64, "x")));
    decisions.add({ ...traceOf(), exclude: long });
    await decisions.flushed();
    expect(appended.flat()).toHaveLength(1);
    expect(dropped).toEqual(
      new Map([
        ["not_encoded", 1],
        ["too_large", 1],
      ]),
    );
  });

  test("writes what waits when it closes; what comes later is dropped, and so is what the log does not take then", async () => {
    const written = open(async () => undefined, { limits: { lingerMs: 60_000 } });
    for (let n = 0; n < 250; n++) written.decisions.add(traceOf());
    await written.decisions.close();
    expect(written.logged()).toBe(250);
    written.decisions.add(traceOf());
    expect(written.dropped).toEqual(new Map([["closed", 1]]));

    const stuck = open(never, { limits: { appendMs: 20 } });
    for (let n = 0; n < 900; n++) stuck.decisions.add(traceOf());
    await stuck.decisions.close();
    expect([...stuck.dropped.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(700);
    expect(stuck.logged()).toBe(0);
  });
});
