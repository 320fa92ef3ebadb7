import type { Identity } from "@thewatcher/contracts/identity";
import type { AccountId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changesBetween } from "./editing.ts";
import { aDocument, createTestApi, openTestDatabase, START } from "./testing.ts";
import { upsertTitles } from "./titles.ts";

const editor: Partial<Identity> = { role: "editor", accountId: "account-e" as AccountId };
const base = "/api/v1/editor";
const window = { countries: ["BY"], exceptCountries: [], plans: ["basic"], from: START, until: null };

let database: Database;
let dispose: () => Promise<void>;
let api: ReturnType<typeof createTestApi>;
beforeAll(async () => {
  ({ database, dispose } = await openTestDatabase());
  api = createTestApi(database);
});
afterAll(() => dispose());

async function call(method: string, path: string, body?: unknown, ifMatch?: string) {
  const answer = await api.request(editor, `${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
  });
  const text = await answer.text();
  return { status: answer.status, etag: answer.headers.get("etag"), body: text === "" ? undefined : JSON.parse(text) };
}

describe("a title", () => {
  test("is created, changed field by field, and tells who did what", async () => {
    const created = await call("POST", "/titles", aDocument("e1"));
    expect([created.status, created.etag]).toEqual([201, '"1"']);
    expect((await call("POST", "/titles", aDocument("e1"))).status).toBe(409);
    await api.clock.advance(1_000);
    const changed = await call("PATCH", "/titles/e1", { names: { ru: "Имя" }, rights: [window] }, '"1"');
    expect([changed.status, changed.etag]).toEqual([200, '"2"']);
    expect(changed.body.title).toEqual({ ...aDocument("e1"), names: { ru: "Имя" }, rights: [window] });
    expect((await call("GET", "/titles/e1")).body).toEqual(changed.body);
    const history = (await call("GET", "/titles/e1/history")).body.revisions;
    expect(history[0]).toEqual({
      revision: 2,
      changedAt: new Date(START + 1_000).toISOString(),
      changedBy: "account-e",
      action: "change",
      undoneRevision: null,
      changes: { names: { before: {}, after: { ru: "Имя" } }, rights: { before: null, after: [window] } },
    });
    expect((await call("GET", "/titles/e1/history?before=2")).body.revisions).toHaveLength(1);
  });

  test("is not changed on a revision that is no longer the last, and never without one", async () => {
    expect((await call("PATCH", "/titles/e1", { year: 2001 }, '"1"')).status).toBe(412);
    for (const ifMatch of [undefined, "2", "*", '"x"', '"99999999999"'])
      expect((await call("PATCH", "/titles/e1", { year: 2001 }, ifMatch)).status, ifMatch).toBe(400);
    expect((await call("GET", "/titles/e1")).body.title.year).toBe(1994);
  });

  test("of two who change the same revision at once one is told", async () => {
    await call("POST", "/titles", aDocument("e2"));
    const answers = await Promise.all([2001, 2002, 2003].map((year) => call("PATCH", "/titles/e2", { year }, '"1"')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const created = await Promise.all([1, 2].map(() => call("POST", "/titles", aDocument("e3"))));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  test("an undo writes back what was before, is a change of its own, and can be undone", async () => {
    await call("POST", "/titles", aDocument("e4", { year: 1990 }));
    await call("PATCH", "/titles/e4", { year: 1991, rights: [] }, '"1"');
    const undone = await call("POST", "/titles/e4/undo/2", undefined, '"2"');
    expect(undone.body).toEqual({ revision: 3, title: aDocument("e4", { year: 1990 }) });
    const again = await call("POST", "/titles/e4/undo/3", undefined, '"3"');
    expect(again.body.title).toMatchObject({ year: 1991, rights: [] });
    const { revisions } = (await call("GET", "/titles/e4/history")).body;
    expect(
      revisions.map((one: { action: string; undoneRevision: number | null }) => [one.action, one.undoneRevision]),
    ).toEqual([
      ["undo", 3],
      ["undo", 2],
      ["change", null],
      ["create", null],
    ]);
    expect((await call("POST", "/titles/e4/undo/1", undefined, '"4"')).status).toBe(400);
    expect((await call("POST", "/titles/e4/undo/9", undefined, '"4"')).status).toBe(404);
    expect((await call("POST", "/titles/e4/undo/2", undefined, '"3"')).status).toBe(412);
  });

  test("that an import wrote is edited from revision 0 on", async () => {
    await upsertTitles(database, [aDocument("e5")]);
    expect((await call("GET", "/titles/e5")).etag).toBe('"0"');
    expect((await call("PATCH", "/titles/e5", { ageMark: 6 }, '"0"')).body.revision).toBe(1);
  });

  test.each([
    ["no document", "{"],
    ["a field that is none", { ...aDocument("bad"), colour: "red", year: "x" }],
    ["a window that ends before it begins", { ...aDocument("bad"), rights: [{ ...window, until: START }] }],
    ["a person that is not there", { ...aDocument("bad"), credits: [{ personId: "nobody", role: "cast" }] }],
    ["a genre twice", aDocument("bad", { genres: ["Drama", "Drama"] })],
    ["a film with seasons", { ...aDocument("bad"), seasons: [{ number: 1, year: null, episodes: [] }] }],
    ["a text that no database holds", aDocument("bad", { name: "a\u0000b" })],
  ])("%s is refused, and nothing is written", async (_, document) => {
    expect((await call("POST", "/titles", document)).status).toBe(400);
    expect((await call("GET", "/titles/bad")).status).toBe(404);
  });

  test("a part belongs to one title", async () => {
    const seasons = [
      {
        number: 1,
        year: null,
        episodes: [{ partId: "part-1", number: 1, names: {}, plots: {}, runtimeMinutes: null }],
      },
    ];
    expect((await call("POST", "/titles", { ...aDocument("e6"), kind: "series", seasons })).status).toBe(201);
    const second = await call("POST", "/titles", { ...aDocument("e7"), kind: "series", seasons });
    expect([second.status, second.body.errors[0].message]).toEqual([400, "part-1 is a part of e6"]);
    // Its own parts it may write again.
    expect((await call("PATCH", "/titles/e6", { seasons }, '"1"')).status).toBe(200);
  });

  test("what is unknown is not found; what is too large is told so", async () => {
    expect((await call("PATCH", "/titles/nothing", { year: 2000 }, '"1"')).status).toBe(404);
    expect((await call("GET", "/titles/nothing/history")).status).toBe(404);
    expect((await call("POST", "/titles", `{"name":"${"x".repeat(8_400_000)}"}`)).status).toBe(413);
  });
});

describe("a collection", () => {
  const document = (titleIds: readonly string[]) => ({ collectionId: "c1", names: { en: "Best" }, titleIds });

  test("is created, replaced and undone as a title is", async () => {
    expect((await call("POST", "/collections", document(["e1", "e2"]))).status).toBe(201);
    const replaced = await call("PUT", "/collections/c1", document(["e2"]), '"1"');
    expect(replaced.body).toEqual({ revision: 2, collection: document(["e2"]) });
    expect((await call("PUT", "/collections/c1", document([]), '"1"')).status).toBe(412);
    const undone = await call("POST", "/collections/c1/undo/2", undefined, '"2"');
    expect(undone.body.collection.titleIds).toEqual(["e1", "e2"]);
    expect((await call("GET", "/collections/c1/history")).body.revisions).toHaveLength(3);
  });

  test("holds titles that are there, each once, under the id of its path", async () => {
    for (const titleIds of [["nothing"], ["e1", "e1"]])
      expect((await call("PUT", "/collections/c1", document(titleIds), '"3"')).status).toBe(400);
    expect((await call("PUT", "/collections/c2", document([]), '"3"')).status).toBe(400);
    expect((await call("GET", "/collections/c2")).status).toBe(404);
  });
});

test("changes are told by field, whatever order a value's own fields came in", () => {
  expect(changesBetween({ a: { x: 1, y: 2 }, b: [1] }, { a: { y: 2, x: 1 }, b: [2] })).toEqual({
    b: { before: [1], after: [2] },
  });
});
