import { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import { stated } from "@thewatcher/contracts/topics/stated";
import type { Database } from "@thewatcher/stores/database/port";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyStated, type TitleStatement } from "./stated.ts";
import { aStatement, aTitle, createTestApi, expectedState, openTestDatabase, seedAccounts } from "./testing.ts";
import { upsertTitles } from "./titles.ts";

let database: Database;
let dispose: () => Promise<void>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedAccounts(database);
  await upsertTitles(database, [aTitle("t1"), aTitle("t2")]);
});
afterAll(() => dispose());
beforeEach(() => clear());

async function clear(): Promise<void> {
  await database.kysely.deleteFrom("stated_preferences").execute();
  await database.kysely.deleteFrom("outbox").execute();
}

async function heldState() {
  const rows = await database.kysely.selectFrom("stated_preferences").selectAll().execute();
  return new Map(
    rows.map(({ profile_id, title_id, kind, value, undone }) => [
      `${profile_id} ${title_id} ${kind}`,
      { value, undone },
    ]),
  );
}

const outbox = () => database.kysely.selectFrom("outbox").selectAll().orderBy("sequence").execute();

describe("a statement", () => {
  test("is held and on its way to the log, keyed by its profile, as the event that it came as", async () => {
    const event = aStatement("e", "rate", { titleId: "t1", at: 0, stars: 3.5 });
    expect(await applyStated(database, [event])).toEqual([{ kind: "applied" }]);
    expect(await heldState()).toEqual(new Map([["profile-a t1 rate", { value: 3.5, undone: false }]]));
    const [row, ...others] = await outbox();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ event_id: event.eventId, topic: "stated", key: "profile-a" });
    expect(stated.schema.parse(JSON.parse(row?.value ?? ""))).toEqual(event);
  });

  test("of an unknown title or profile is refused by itself; the others are applied", async () => {
    const outcomes = await applyStated(database, [
      aStatement("1", "watchlist", { titleId: "nothing", at: 0 }),
      aStatement("2", "watchlist", { titleId: "t1", at: 0 }),
      aStatement("3", "watchlist", { titleId: "t1", at: 0, profileId: "nobody" }),
    ]);
    expect(outcomes).toMatchObject([
      { kind: "refused", cause: "unknown_title" },
      { kind: "applied" },
      { kind: "refused", cause: "unknown_profile" },
    ]);
    expect(await outbox()).toHaveLength(1);
  });

  test("that arrives after a newer undo does not come back", async () => {
    const put = aStatement("put", "watchlist", { titleId: "t1", at: 1 });
    await applyStated(database, [aStatement("undo", "watchlist_undo", { titleId: "t1", at: 2 })]);
    expect(await applyStated(database, [put])).toEqual([{ kind: "applied" }]);
    expect(await heldState()).toEqual(new Map([["profile-a t1 watchlist", { value: null, undone: true }]]));
  });

  test("sent twice enters the outbox once", async () => {
    const event = aStatement("e", "watchlist", { titleId: "t1", at: 0 });
    await applyStated(database, [event, event]);
    await applyStated(database, [event]);
    expect(await outbox()).toHaveLength(1);
  });

  test("leaves neither state nor event when its transaction fails", async () => {
    const event = aStatement("e", "rate", { titleId: "t1", at: 0, stars: 9 });
    await expect(applyStated(database, [event])).rejects.toThrow();
    expect(await heldState()).toEqual(new Map());
    expect(await outbox()).toEqual([]);
  });
});

const aHistory = fc
  .array(
    fc.record({
      type: fc.constantFrom<TitleStatement["type"][]>("rate", "rate_undo", "watchlist", "watchlist_undo", "watched"),
      titleId: fc.constantFrom("t1", "t2"),
      profileId: fc.constantFrom("profile-a", "profile-b"),
      // Few instants: most of the ties are decided by the event's id.
      at: fc.integer({ min: 0, max: 3 }),
      stars: fc.constantFrom(0.5, 2, 5),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((fields) => fields.map((field, index) => aStatement(`event ${index}`, field.type, field)));

test("the same statements in any order, any batches, any number of times end in the same state", async () => {
  await fc.assert(
    fc.asyncProperty(
      aHistory.chain((events) =>
        fc.record({
          events: fc.constant(events),
          // Every event at least once, some again, in some order.
          delivered: fc
            .array(fc.constantFrom(...events), { maxLength: 8 })
            .chain((again) => fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length })),
          batchSize: fc.integer({ min: 1, max: 8 }),
        }),
      ),
      async ({ events, delivered, batchSize }) => {
        await clear();
        for (let from = 0; from < delivered.length; from += batchSize) {
          await applyStated(database, delivered.slice(from, from + batchSize));
        }
        expect(await heldState()).toEqual(expectedState(events));
        expect(new Set((await outbox()).map((row) => row.event_id))).toEqual(new Set(events.map((e) => e.eventId)));
      },
    ),
    { numRuns: 30 },
  );
});

test("batches of the same profiles side by side neither deadlock nor lose a statement", async () => {
  const events = Array.from({ length: 80 }, (_, i) =>
    aStatement(`parallel ${i}`, "rate", {
      titleId: i % 2 ? "t1" : "t2",
      profileId: i % 3 ? "profile-a" : "profile-b",
      at: (i * 7) % 80,
      stars: (i % 10) / 2 + 0.5,
    }),
  );
  const batches = Array.from({ length: 8 }, (_, b) => events.filter((_, i) => i % 8 === b));
  await Promise.all(batches.map((batch) => applyStated(database, batch)));
  expect(await heldState()).toEqual(expectedState(events));
  expect(await outbox()).toHaveLength(80);
});

describe("over HTTP", () => {
  test("a batch answers one outcome for each event and wakes the relay once", async () => {
    let kicks = 0;
    const api = createTestApi(database, () => kicks++);
    const events = [
      aStatement("1", "watchlist", { titleId: "t1", at: 0 }),
      aStatement("2", "watchlist", { titleId: "nothing", at: 0 }),
    ];
    const answer = await api.request({ role: "service" }, "/internal/stated", {
      method: "POST",
      body: JSON.stringify({ events }),
    });
    expect(StatedOutcomes.parse(await answer.json()).outcomes.map((outcome) => outcome.kind)).toEqual([
      "applied",
      "refused",
    ]);
    expect(kicks).toBe(1);
  });

  const said = JSON.stringify({
    events: [
      aStatement("1", "not_interested", { titleId: "t1", at: 0 }),
      aStatement("2", "not_interested", { titleId: "nothing", at: 0 }),
    ],
  });
  const post = (api: ReturnType<typeof createTestApi>) =>
    api.request({ role: "service" }, "/internal/stated", { method: "POST", body: said });

  test("what was applied is in the live state before the answer", async () => {
    const applied: string[] = [];
    const api = createTestApi(database, undefined, {
      async applyNow(events) {
        await Promise.resolve();
        applied.push(...events.map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`));
      },
    });
    expect((await post(api)).status).toBe(200);
    expect(applied).toEqual(['not_interested {"titleId":"t1"}']);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("away"))],
    ["never answers", () => new Promise<void>(() => undefined)],
  ])("a live state whose store %s holds up no statement", async (_, applyNow) => {
    const api = createTestApi(database, undefined, { applyNow });
    const posting = post(api);
    let isAnswered = false;
    void posting.then(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      await api.clock.advance(50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await posting).status).toBe(200);
    expect(await outbox()).toHaveLength(1);
  });

  test("a body that is no batch changes nothing and says what is wrong", async () => {
    const api = createTestApi(database);
    const event = { ...aStatement("1", "watchlist", { titleId: "t1", at: 0 }), type: "play_start" };
    for (const [body, status] of [
      ["{", 400],
      [JSON.stringify({ events: [event] }), 400],
      [`"${"x".repeat(2_200_000)}"`, 413],
    ] as const) {
      const answer = await api.request({ role: "service" }, "/internal/stated", { method: "POST", body });
      expect(answer.status).toBe(status);
    }
    expect(await outbox()).toEqual([]);
  });
});
