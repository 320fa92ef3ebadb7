import { CatalogueSlice } from "@thewatcher/contracts/api/catalogue";
import type { CollectionId } from "@thewatcher/contracts/ids";
import type { Database } from "@thewatcher/stores/database/port";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COLUMNS, readCatalogueFile, readCsv } from "./catalogue-file.ts";
import { importCatalogue } from "./catalogue-import.ts";
import { readDocuments } from "./documents.ts";
import { readHistory, replaceCollection } from "./editing.ts";
import { openTestDatabase, START } from "./testing.ts";
import { readCatalogueSlice, readCatalogueVersion } from "./titles.ts";

describe("a file of titles", () => {
  test("as CSV names columns and languages, and an empty cell says nothing", () => {
    const file = readCatalogueFile(
      "x.csv",
      '\ufefftitleId,name,year,genres,name.be,plot.ru\r\nfilm-9,"Say ""hi"", you",1999,Drama | Comedy,Прывітанне,\r\n\r\nfilm-10,,,,,"Две\nстроки"\r\n',
    );
    expect(file.refused).toEqual([]);
    expect(file.titles).toEqual([
      {
        place: "line 2",
        titleId: "film-9",
        patch: { name: 'Say "hi", you', year: 1999, genres: ["Drama", "Comedy"] },
        addedNames: { be: "Прывітанне" },
        addedPlots: {},
      },
      { place: "line 4", titleId: "film-10", patch: {}, addedNames: {}, addedPlots: { ru: "Две\nстроки" } },
    ]);
  });

  test("refuses rows one by one, with the place and the reason", () => {
    const file = readCatalogueFile(
      "x.csv",
      "titleId,year,ageMark\nfilm 1,1999,\nfilm-2,soon,\nfilm-3,1999,13\nfilm-4,1999\nfilm-5,,\nfilm-6,2000,6\nfilm-6,2001,6\n",
    );
    expect(file.titles.map(({ titleId }) => titleId)).toEqual(["film-6"]);
    expect(file.refused.map(({ place }) => place)).toEqual([
      "line 2, titleId",
      "line 3 (film-2)",
      "line 4 (film-3)",
      "line 5",
      "line 6",
      "line 8",
    ]);
    expect(file.refused.at(-1)?.reason).toBe("film-6 is named before, at line 7");
    const json = readCatalogueFile("x.json", '[{"titleId":"a","oops":1},7,{"titleId":"b","name":"x\\u0000"}]');
    expect(json.refused.map(({ place }) => place)).toEqual(["titles[1]", "titles[0] (a)", "titles[2] (b)"].sort());
  });

  test.each([
    ["x.txt", "", "the name must end in"],
    ["x.csv", "", "the file is empty"],
    ["x.csv", "titleId,colour\n", '"colour" is none of'],
    ["x.csv", "name\n", "titleId is missing"],
    ["x.csv", "titleId,titleId\n", "stands twice"],
    ["x.csv", 'titleId\n"film', "never closed"],
    ["x.csv", 'titleId\n"a"b', "behind a closed quote"],
    ["x.json", "{", "not JSON"],
    ["x.json", "7", "an array of titles"],
    ["x.json", '{"films":[]}', '"films" is none of'],
    ["x.json", '{"titles":{}}', "titles is not an array"],
  ])("that is no such file is a mistake that says what is accepted: %s %j", (name, text, message) => {
    expect(() => readCatalogueFile(name, text)).toThrow(message);
  });

  test("as CSV comes back as it was written, whatever its cells hold", () => {
    const cell = fc.string({ maxLength: 8, unit: fc.constantFrom("a", '"', ",", "\n", "\r", "ё", " ") });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (rows) => {
        const text = rows.map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\r\n");
        expect(readCsv("x.csv", text).map(({ cells }) => cells)).toEqual(rows);
      }),
    );
  });

  test("documents every column that it takes", () => {
    expect(COLUMNS).toContain("name.be");
    expect(COLUMNS).toHaveLength(22);
  });
});

describe("an import of the catalogue", () => {
  let database: Database;
  let dispose: () => Promise<void>;
  beforeAll(async () => {
    ({ database, dispose } = await openTestDatabase());
  });
  afterAll(() => dispose());

  const editor = { name: "import", at: new Date(START) };
  const run = (name: string, text: string, dryRun = false) =>
    importCatalogue(database, readCatalogueFile(name, text), { dryRun, editor });
  const whole = JSON.stringify({
    people: [{ personId: "person:a", name: "A", names: { ru: "А" } }],
    genreNames: { Drama: { ru: "Драма" } },
    titles: [
      {
        titleId: "s-1",
        kind: "series",
        name: "A series",
        names: { ru: "Сериал" },
        credits: [{ personId: "person:a", role: "cast" }],
        rights: [{ countries: ["BY"], plans: null, from: null, until: START }],
        seasons: [
          {
            number: 1,
            year: null,
            episodes: [{ partId: "s-1-1", number: 1, names: {}, plots: {}, runtimeMinutes: 40 }],
          },
        ],
        addedAt: "2026-11-01T00:00:00Z",
      },
      { titleId: "s-2", name: "Unknown people", credits: [{ personId: "person:b", role: "cast" }] },
      {
        titleId: "s-3",
        kind: "series",
        name: "The same part",
        seasons: [
          {
            number: 1,
            year: null,
            episodes: [{ partId: "s-1-1", number: 1, names: {}, plots: {}, runtimeMinutes: 40 }],
          },
        ],
      },
      { titleId: "s-4", year: 2000 },
    ],
    collections: [
      { collectionId: "c-1", names: { en: "One" }, titleIds: ["s-1"] },
      { collectionId: "c-2", names: { en: "Two" }, titleIds: ["s-2"] },
    ],
  });

  test("a dry run says what a run does, and leaves everything as it is", async () => {
    const version = await readCatalogueVersion(database);
    const dry = await run("x.json", whole, true);
    expect(dry).toMatchObject({
      added: 1,
      changed: 0,
      unchanged: 0,
      refused: 4,
      people: 1,
      collections: 1,
      dryRun: true,
    });
    expect(await readCatalogueVersion(database)).toBe(version);
    expect(await readDocuments(database, ["s-1"])).toEqual(new Map());
    const real = await run("x.json", whole);
    expect(real).toEqual({ ...dry, dryRun: false });
    expect(real.refusals.map(({ place }) => place)).toEqual([
      "titles[1] (s-2)",
      "titles[2] (s-3)",
      "titles[3] (s-4)",
      "collections (c-2)",
    ]);
    expect((await readDocuments(database, ["s-1"])).get("s-1")?.document).toMatchObject({
      names: { ru: "Сериал" },
      addedAt: "2026-11-01T00:00:00.000Z",
      seasons: [{ episodes: [{ partId: "s-1-1" }] }],
    });
  });

  test("services are given episodes in the order in which they are watched, specials last, and collections once", async () => {
    const episode = (season: number, number: number) => ({
      partId: `long-${season}-${number}`,
      number,
      names: {},
      plots: {},
      runtimeMinutes: 50 + number,
    });
    const seasons = [0, 2, 1].map((number) => ({
      number,
      year: null,
      episodes: [episode(number, 2), episode(number, 1)],
    }));
    await run("long.json", JSON.stringify({ titles: [{ titleId: "long", kind: "series", name: "Long", seasons }] }));
    const first = CatalogueSlice.parse(await readCatalogueSlice(database, { limit: 1 }));
    expect(first.titles[0]?.episodes).toEqual(
      [
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
        [0, 1],
        [0, 2],
      ].map(([season, number]) => ({
        partId: `long-${season}-${number}`,
        season,
        number,
        runtimeMinutes: 50 + (number ?? 0),
      })),
    );
    expect(first.collections).toEqual([{ collectionId: "c-1", names: { en: "One" }, titleIds: ["s-1"] }]);
    const second = await readCatalogueSlice(database, { after: first.titles[0]!.titleId, limit: 1 });
    expect(second.collections).toBeUndefined();
  });

  test("the same file again changes nothing; another one is told field by field, with its history", async () => {
    expect(await run("x.json", whole)).toMatchObject({ added: 0, changed: 0, unchanged: 1 });
    const patch = "titleId,year,name.be\ns-1,2001,Серыял\nnew-1,1990,\n";
    // A title that is not there needs a name.
    expect(await run("x.csv", patch)).toMatchObject({
      changed: 1,
      refused: 1,
      diff: [
        {
          titleId: "s-1",
          changes: {
            year: { before: null, after: 2001 },
            names: { before: { ru: "Сериал" }, after: { ru: "Сериал", be: "Серыял" } },
          },
        },
      ],
    });
    expect(await run("x.csv", patch)).toMatchObject({ changed: 0, unchanged: 1 });
    const { revisions } = await readHistory(database, "title", "s-1", undefined);
    expect(revisions.map(({ revision, action, changedBy }) => [revision, action, changedBy])).toEqual([
      [2, "import", "import"],
      [1, "import", "import"],
    ]);
    expect(Object.keys(revisions[0]?.changes ?? {}).sort()).toEqual(["names", "year"]);
  });

  test("a collection that is changed has a revision more, so that an editor's older copy is refused; an equal one is left alone", async () => {
    const withNames = (names: object) =>
      JSON.stringify({ collections: [{ collectionId: "c-1", names, titleIds: ["s-1"] }] });
    const historyOf = async () => (await readHistory(database, "collection", "c-1", undefined)).revisions;
    expect(await historyOf()).toHaveLength(1);
    await run("x.json", withNames({ en: "One", be: "Адна" }));
    await run("x.json", withNames({ be: "Адна", en: "One" }));
    expect((await historyOf()).map(({ revision, action, changes }) => [revision, action, changes])).toEqual([
      [2, "import", { names: { before: { en: "One" }, after: { be: "Адна", en: "One" } } }],
      [1, "import", expect.anything()],
    ]);
    const editor = { name: "an editor", at: new Date(START) };
    const document = { collectionId: "c-1" as CollectionId, names: { en: "Mine" }, titleIds: [] };
    expect(await replaceCollection(database, document, 1, editor)).toEqual({ kind: "outdated", revision: 2 });
  });
});
