import type { Identity } from "@thewatcher/contracts/identity";
import type { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import type { RightsWindow } from "@thewatcher/contracts/visibility";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeCollections } from "./collections.ts";
import { writeDocuments, writeGenreNames, writePeople } from "./documents.ts";
import { applyStated } from "./stated.ts";
import { aDocument, aStatement, createTestApi, openTestDatabase, START, seedAccounts } from "./testing.ts";
import { wordsOf } from "./wishes.ts";

const window = (extra: Partial<RightsWindow>): RightsWindow => ({
  countries: null,
  exceptCountries: [],
  plans: null,
  from: null,
  until: null,
  ...extra,
});

const DAY_MS = 86_400_000;

/** Every way in which a title can be hidden from an adult in Belarus, and one from a child. */
const HIDDEN = {
  "hidden-country": { rights: [window({ countries: ["RU"] })] },
  "hidden-except": { rights: [window({ exceptCountries: ["BY"] })] },
  "hidden-nowhere": { rights: [] },
  "hidden-not-yet": { rights: [window({ from: START + DAY_MS })] },
  "hidden-gone": { rights: [window({ until: START })] },
} as const;
const hiddenIds = Object.keys(HIDDEN);

const viewer = (id: "a" | "b"): Partial<Identity> => ({
  role: "viewer",
  accountId: `account-${id}` as AccountId,
  profileId: `profile-${id}` as ProfileId,
});

let database: Database;
let dispose: () => Promise<void>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  await seedAccounts(database);
  // Profile b is a child's.
  await database.kysely.updateTable("profiles").set({ age_mark: 6 }).where("profile_id", "=", "profile-b").execute();
  const credits = [
    { personId: "person:somebody", role: "director" },
    { personId: "person:somebody", role: "cast" },
  ] as const;
  const documents = [
    aDocument("open", {
      names: { ru: "Открытое", be: "Адкрытае", en: "Open" },
      plots: { ru: "Сюжет.", en: "A plot." },
      credits: credits as never,
      ageMark: 6,
      runtimeMinutes: 100,
      referenceRuntimeMinutes: 112,
      countries: ["BY"],
    }),
    aDocument("leaving", {
      names: { ru: "Уходящее" },
      rights: [window({ plans: ["premium"], until: START + 3 * DAY_MS })],
      credits: credits as never,
    }),
    aDocument("serial", {
      kind: "series",
      ageMark: 0,
      runtimeMinutes: null,
      seasons: [
        {
          number: 1,
          year: 2020,
          episodes: [
            { partId: "serial-s1e2", number: 2, names: { ru: "Вторая" }, plots: {}, runtimeMinutes: 50 },
            { partId: "serial-s1e1", number: 1, names: { be: "Першая", en: "First" }, plots: {}, runtimeMinutes: 48 },
          ],
        },
      ] as never,
    }),
    ...Object.entries(HIDDEN).map(([id, { rights }]) =>
      aDocument(id, {
        kind: "series",
        ageMark: 0,
        rights: rights as never,
        credits: credits as never,
        seasons: [
          {
            number: 1,
            year: null,
            episodes: [{ partId: `${id}-s1e1`, number: 1, names: {}, plots: {}, runtimeMinutes: null }],
          },
        ] as never,
      }),
    ),
  ];
  await database.transaction(async (transaction) => {
    await writePeople(
      database,
      [{ personId: "person:somebody" as never, name: "Somebody", names: { ru: "Некто", en: "Somebody" } }],
      transaction,
    );
    await writeGenreNames(database, { Drama: { ru: "Драма", be: "Драма", en: "Drama" } }, transaction);
    await writeDocuments(database, documents, transaction);
    await writeCollections(
      [
        {
          collectionId: "collection:all" as never,
          names: { ru: "Всё", en: "All" },
          titleIds: ["hidden-gone", "leaving", "open", ...hiddenIds.slice(0, 2)] as never,
        },
        { collectionId: "collection:hidden" as never, names: { en: "Hidden" }, titleIds: hiddenIds as never },
      ],
      transaction,
    );
  });
  await applyStated(
    database,
    ["open", "leaving", ...hiddenIds].flatMap((titleId, at) => [
      aStatement(`w ${titleId}`, "watchlist", { titleId, at }),
      aStatement(`r ${titleId}`, "rate", { titleId, at }),
      aStatement(`wb ${titleId}`, "watchlist", { titleId, at, profileId: "profile-b" }),
    ]),
  );
});
afterAll(() => dispose());

const read = async (who: Partial<Identity>, path: string, headers: Record<string, string> = {}) => {
  const answer = await createTestApi(database).request(who, path, { headers });
  return { status: answer.status, text: await answer.text() };
};
const jsonOf = async (who: Partial<Identity>, path: string) => JSON.parse((await read(who, path)).text);

describe("what a profile may not see", () => {
  test("is on no list, behind no link, by way of nobody and of no collection", async () => {
    const lists = [
      "/api/v1/titles?limit=200",
      "/api/v1/people/person:somebody",
      "/api/v1/collections",
      "/api/v1/collections/collection:all",
      "/api/v1/profiles/profile-a/watchlist",
      "/api/v1/profiles/profile-a/ratings",
      "/api/v1/profiles/profile-a/wishes",
      "/api/v1/genres",
    ];
    for (const path of lists) {
      const { status, text } = await read(viewer("a"), path);
      expect(status, path).toBe(200);
      expect(text, path).not.toContain("hidden-");
    }
    for (const id of hiddenIds) {
      for (const path of [`/api/v1/titles/${id}`, `/api/v1/titles/${id}/seasons`]) {
        expect((await read(viewer("a"), path)).status, path).toBe(404);
      }
      const hide = await createTestApi(database).request(
        viewer("a"),
        `/api/v1/profiles/profile-a/continue-watching/${id}/hidden`,
        { method: "PUT" },
      );
      expect(hide.status).toBe(404);
    }
    expect((await read(viewer("a"), "/api/v1/collections/collection:hidden")).status).toBe(404);
  });

  test("is the same for a child above whose age it is, and for a viewer who chose no profile", async () => {
    for (const who of [viewer("b"), { role: "viewer", accountId: "account-a" as AccountId } as const]) {
      expect((await read(who, "/api/v1/titles/leaving")).status).toBe(404);
      expect((await read(who, "/api/v1/titles?limit=200")).text).not.toContain("leaving");
      expect((await read(who, "/api/v1/people/person:somebody")).text).not.toContain("leaving");
    }
    expect((await read(viewer("b"), "/api/v1/profiles/profile-b/watchlist")).text).not.toContain("leaving");
    expect((await read(viewer("b"), "/api/v1/titles/open")).status).toBe(200);
  });

  test("stays on the watchlist, which says how many are not available", async () => {
    const list = await jsonOf(viewer("a"), "/api/v1/profiles/profile-a/watchlist");
    expect(list.items.map((item: { title: { titleId: string } }) => item.title.titleId)).toEqual(["leaving", "open"]);
    expect(list.unavailableCount).toBe(5);
  });

  test("answers with the country that the gateway states, whatever the account's", async () => {
    expect((await read({ ...viewer("a"), country: "RU" }, "/api/v1/titles/hidden-country")).status).toBe(200);
    expect((await read({ ...viewer("a"), country: "RU" }, "/api/v1/titles/hidden-except")).status).toBe(200);
  });

  test("comes at its instant and goes at its last", async () => {
    const api = createTestApi(database);
    const status = async (id: string) => (await api.request(viewer("a"), `/api/v1/titles/${id}`)).status;
    await api.clock.advance(DAY_MS - 1);
    expect(await status("hidden-not-yet")).toBe(404);
    await api.clock.advance(1);
    expect(await status("hidden-not-yet")).toBe(200);
    await api.clock.advance(2 * DAY_MS - 1);
    expect(await status("leaving")).toBe(200);
    await api.clock.advance(1);
    expect(await status("leaving")).toBe(404);
  });

  test("machines see the catalogue whole, and a profile's list as the profile does", async () => {
    expect((await read({ role: "service" }, "/api/v1/titles/hidden-gone")).status).toBe(200);
    const list = await read({ role: "service", country: "XX" }, "/api/v1/profiles/profile-a/watchlist");
    expect(list.text).not.toContain("hidden-");
  });
});

describe("in the asker's language", () => {
  test("names, plots, people and genres come in it, or in the nearest there is", async () => {
    const be = await jsonOf({ ...viewer("a"), language: "be" }, "/api/v1/titles/open");
    expect(be).toMatchObject({
      name: "Адкрытае",
      originalName: "The open",
      plot: "Сюжет.",
      genres: ["Drama"],
      genreNames: ["Драма"],
      people: [
        { personId: "person:somebody", name: "Некто", role: "director" },
        { personId: "person:somebody", name: "Некто", role: "cast" },
      ],
      directors: ["Некто"],
      cutMinutes: 12,
      countries: ["BY"],
    });
    expect(await jsonOf({ ...viewer("a"), language: "be" }, "/api/v1/titles/open?locale=en")).toMatchObject({
      name: "Open",
      plot: "A plot.",
      directors: ["Somebody"],
    });
    expect(await jsonOf(viewer("a"), "/api/v1/titles/leaving?locale=en")).toMatchObject({
      name: "Уходящее",
      leavesAt: new Date(START + 3 * DAY_MS).toISOString(),
      plans: ["premium"],
    });
  });

  test("a language that is not ours is a bad request", async () => {
    expect((await read(viewer("a"), "/api/v1/titles/open?locale=de")).status).toBe(400);
  });

  test("without one in the session the browser's first of ours", async () => {
    const { text } = await read(viewer("a"), "/api/v1/genres", { "accept-language": "ru" });
    expect(JSON.parse(text)).toEqual({ genres: [{ genre: "Drama", name: "Драма" }] });
  });

  test("seasons list their episodes in order", async () => {
    const view = await jsonOf({ ...viewer("a"), language: "be" }, "/api/v1/titles/serial/seasons");
    expect(view.seasons).toEqual([
      {
        number: 1,
        year: 2020,
        episodes: [
          { partId: "serial-s1e1", number: 1, name: "Першая", plot: null, runtimeMinutes: 48 },
          { partId: "serial-s1e2", number: 2, name: "Вторая", plot: null, runtimeMinutes: 50 },
        ],
      },
    ]);
    expect(await jsonOf(viewer("a"), "/api/v1/titles/serial")).toMatchObject({ kind: "series", seasonCount: 1 });
  });

  test("a person comes with the roles of each title, a collection in its order", async () => {
    const person = await jsonOf({ ...viewer("a"), language: "ru" }, "/api/v1/people/person:somebody");
    expect(person).toMatchObject({ name: "Некто", originalName: "Somebody" });
    expect(person.titles.map((one: { roles: string[] }) => one.roles)).toEqual([
      ["director", "cast"],
      ["director", "cast"],
    ]);
    const collection = await jsonOf(viewer("a"), "/api/v1/collections/collection:all?locale=ru");
    expect(collection.name).toBe("Всё");
    expect(collection.titles.map((one: { titleId: string }) => one.titleId)).toEqual(["leaving", "open"]);
  });
});

describe("hide from continue watching", () => {
  test("is an event on its way to the log each time, and the last one holds", async () => {
    const api = createTestApi(database);
    const path = "/api/v1/profiles/profile-a/continue-watching/open/hidden";
    expect((await api.request(viewer("a"), path, { method: "PUT" })).status).toBe(204);
    await api.clock.advance(1);
    expect((await api.request(viewer("a"), path, { method: "DELETE" })).status).toBe(204);
    const rows = await database.kysely.selectFrom("outbox").selectAll().where("topic", "=", "rows").execute();
    expect(rows.map((row) => JSON.parse(row.value).type)).toEqual(["continue_hidden", "continue_hidden_undo"]);
    const held = await database.kysely
      .selectFrom("stated_preferences")
      .select("undone")
      .where("kind", "=", "continue_hidden")
      .execute();
    expect(held).toEqual([{ undone: true }]);
    expect((await api.request(viewer("b"), path, { method: "PUT" })).status).toBe(404);
  });
});

describe("tell me when it comes", () => {
  const wishes = "/api/v1/profiles/profile-a/wishes";

  test("a wish for a title arrives when the profile may see it, and not before", async () => {
    const api = createTestApi(database);
    const put = (body: unknown) => api.request(viewer("a"), wishes, { method: "PUT", body: JSON.stringify(body) });
    for (const titleId of ["hidden-not-yet", "hidden-gone", "no-such-title"])
      expect((await put({ titleId })).status).toBe(204);
    const list = async () => (await (await api.request(viewer("a"), wishes)).json()) as { wishes: unknown[] };
    expect((await list()).wishes).toMatchObject([{ arrived: null }, { arrived: null }, { arrived: null }]);
    await api.clock.advance(DAY_MS);
    const later = await list();
    expect(later.wishes).toContainEqual(
      expect.objectContaining({
        titleId: "hidden-not-yet",
        arrived: {
          at: new Date(START + DAY_MS).toISOString(),
          title: expect.objectContaining({ titleId: "hidden-not-yet" }),
        },
      }),
    );
    await api.clock.advance(DAY_MS);
    // Since when it is there, not since the last asking.
    expect(await list()).toEqual(later);
    for (const titleId of ["hidden-not-yet", "hidden-gone", "no-such-title"]) {
      const answer = await api.request(viewer("a"), `${wishes}?titleId=${titleId}`, { method: "DELETE" });
      expect(answer.status).toBe(204);
    }
    expect((await list()).wishes).toEqual([]);
  });

  test("words arrive with a title of that name, in any language, however written", async () => {
    const api = createTestApi(database);
    await api.request(viewer("a"), wishes, { method: "PUT", body: '{"query":"  УХОДЯЩЕЕ!"}' });
    await api.request(viewer("a"), wishes, { method: "PUT", body: '{"query":"The hidden gone"}' });
    expect(await (await api.request(viewer("a"), `${wishes}?locale=ru`)).json()).toMatchObject({
      wishes: [
        { query: "The hidden gone", arrived: null },
        { query: "УХОДЯЩЕЕ!", arrived: { title: { titleId: "leaving" } } },
      ],
    });
    expect(wordsOf("«Ёлки-палки», 2!")).toBe("елки палки 2");
  });

  test("bad wishes and those above the limit are told so", async () => {
    const api = createTestApi(database);
    const put = async (body: string) => (await api.request(viewer("a"), wishes, { method: "PUT", body })).status;
    for (const body of ["", "{}", '{"query":"!!"}', '{"query":"x"}', '{"titleId":"a","query":"bb"}', '{"titleId":7}'])
      expect(await put(body), body).toBe(400);
    expect(await put(JSON.stringify({ query: "x".repeat(5_000) }))).toBe(413);
    for (let i = 0; i < 98; i++) await put(JSON.stringify({ titleId: `wish-${i}` }));
    expect(await put('{"titleId":"one-too-many"}')).toBe(409);
    expect((await api.request(viewer("a"), wishes, { method: "DELETE" })).status).toBe(400);
  });
});
