import { TASTE_EDITS_MAX } from "@thewatcher/contracts/events";
import { taste } from "@thewatcher/contracts/topics/taste";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aTitle, createTestApi, openTestDatabase, seedAccounts } from "./testing.ts";
import { upsertTitles } from "./titles.ts";

let database: Database;
let dispose: () => Promise<void>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedAccounts(database);
  await upsertTitles(database, [aTitle("t1")]);
});
afterAll(() => dispose());
beforeEach(async () => {
  for (const table of ["stated_preferences", "profile_preferences", "outbox"] as const) {
    await database.kysely.deleteFrom(table).execute();
  }
});

const own = "/api/v1/profiles/profile-a";
const viewer = { role: "viewer", accountId: "account-a", profileId: "profile-a" } as never;
const put = (body: unknown) => ({ method: "PUT", body: JSON.stringify(body) });
/** What is on its way to the log, as the topic's readers take it. */
async function announced() {
  const rows = await database.kysely.selectFrom("outbox").selectAll().orderBy("sequence").execute();
  return rows.map(({ topic, key, value }) => {
    expect([topic, key]).toEqual(["taste", "profile-a"]);
    const { type, payload } = taste.schema.parse(JSON.parse(value));
    return [type, payload];
  });
}
const held = () => database.kysely.selectFrom("profile_preferences").selectAll().orderBy("kind").execute();

describe("corrections of taste", () => {
  test("are held as a whole, the last said, and on their way to the log and to the pages", async () => {
    const applied: string[] = [];
    const api = createTestApi(database, undefined, {
      applyNow: async (events) => void applied.push(...events.map(({ type }) => type)),
    });
    const edits = [
      { facet: "genre:Drama", value: 1 },
      { facet: "decade:1990", value: -1 },
    ];
    expect((await api.request(viewer, `${own}/taste`, put({ edits }))).status).toBe(204);
    await api.clock.advance(1_000);
    const last = [{ facet: "person:person-1", value: -1 }];
    const withNone = [...last, { facet: "genre:Drama", value: 0 }];
    expect((await api.request(viewer, `${own}/taste`, put({ edits: withNone }))).status).toBe(204);
    expect(await held()).toMatchObject([{ kind: "taste_edit", value: last, undone: false }]);
    expect(await announced()).toEqual([
      ["taste_edit", { edits }],
      ["taste_edit", { edits: last }],
    ]);
    expect(applied).toEqual(["taste_edit", "taste_edit"]);
  });

  test.each([
    ["no body", { method: "PUT" }],
    ["an unknown kind of facet", put({ edits: [{ facet: "mood:dark", value: 1 }] })],
    ["a decade that is none", put({ edits: [{ facet: "decade:1995", value: 1 }] })],
    ["more than more", put({ edits: [{ facet: "genre:Drama", value: 2 }] })],
    ["a facet twice", put({ edits: [1, -1].map((value) => ({ facet: "genre:Drama", value })) })],
    [
      "too many",
      put({ edits: Array.from({ length: TASTE_EDITS_MAX + 1 }, (_, i) => ({ facet: `genre:${i}`, value: 1 })) }),
    ],
  ])("with %s are refused with what was wrong, and nothing is said", async (_, init) => {
    const answer = await createTestApi(database).request(viewer, `${own}/taste`, init);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await announced()).toEqual([]);
  });
});

test("a watch is forgotten, and counted again", async () => {
  const api = createTestApi(database);
  const path = `${own}/history/t1/forgotten`;
  expect((await api.request(viewer, path, { method: "PUT" })).status).toBe(204);
  await api.clock.advance(1_000);
  expect((await api.request(viewer, path, { method: "DELETE" })).status).toBe(204);
  expect(await announced()).toEqual([
    ["forget", { titleId: "t1" }],
    ["forget_undo", { titleId: "t1" }],
  ]);
  const rows = await database.kysely.selectFrom("stated_preferences").selectAll().execute();
  expect(rows).toMatchObject([{ kind: "forget", title_id: "t1", undone: true }]);
  expect((await api.request(viewer, `${own}/history/nothing/forgotten`, { method: "PUT" })).status).toBe(404);
});

test("profiling is switched off and on, which those who serve are told", async () => {
  const told: string[] = [];
  const api = createTestApi(database, undefined, { onProfiling: (profileId) => void told.push(profileId) });
  for (const on of [false, true]) {
    expect((await api.request(viewer, `${own}/profiling`, put({ on }))).status).toBe(204);
    expect(await held()).toMatchObject([{ kind: "no_profiling", undone: on, value: null }]);
    await api.clock.advance(1_000);
  }
  expect(await announced()).toEqual([
    ["no_profiling", {}],
    ["no_profiling_undo", {}],
  ]);
  expect(told).toEqual(["profile-a", "profile-a"]);
  expect((await api.request(viewer, `${own}/profiling`, put({ on: "no" }))).status).toBe(400);
});

test("of another profile nothing is said, and not that it exists", async () => {
  const api = createTestApi(database);
  for (const profileId of ["profile-b", "nobody"]) {
    const other = `/api/v1/profiles/${profileId}`;
    for (const [path, init] of [
      [`${other}/taste`, put({ edits: [] })],
      [`${other}/history/t1/forgotten`, { method: "PUT" }],
      [`${other}/profiling`, put({ on: false })],
    ] as const) {
      expect((await api.request(viewer, path, init)).status, path).toBe(404);
    }
  }
  expect(await held()).toEqual([]);
});
