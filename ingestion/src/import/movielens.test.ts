import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestFolder, readAll, type TestFolder, thrownBy } from "../testing/files.ts";
import { nameAndYear, openMovieLens } from "./movielens.ts";

const ADDED_AT = Date.UTC(2026, 10, 23, 10);
const open = (folder: TestFolder) => openMovieLens(folder.path, { addedAt: ADDED_AT });
const latin1 = (text: string) => Buffer.from(text, "latin1");
const FLAGS_DRAMA_MUSICAL = "0|0|0|0|0|0|0|0|1|0|0|0|1|0|0|0|0|0|0";
const FLAGS_UNKNOWN = "1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0";

describe("MovieLens in its published layouts", () => {
  test("100K: u.data and u.item in ISO-8859-1", async () => {
    await using folder = await createTestFolder();
    await folder.write("u.data", "196\t242\t3\t881250949\n186\t302\t5\t891717742\n");
    await folder.write(
      "u.item",
      latin1(
        `242|Misérables, Les (1995)|01-Jan-1995||http://x/|${FLAGS_DRAMA_MUSICAL}\n267|unknown||||${FLAGS_UNKNOWN}\n`,
      ),
    );
    const source = await open(folder);
    expect(source).toMatchObject({ source: "ml-100k", layout: "movielens-100k", timeQuality: "observed" });
    expect(source.titles).toMatchObject([
      { titleId: "ml-100k:242", name: "Les Misérables", year: 1995, genres: ["Drama", "Musical"], source: "ml-100k" },
      { titleId: "ml-100k:267", name: "unknown", year: null, genres: [] },
    ]);
    expect(await readAll(source)).toEqual([
      { user: "196", item: "242", stars: 3, strength: undefined, occurredAt: 881_250_949_000 },
      { user: "186", item: "302", stars: 5, strength: undefined, occurredAt: 891_717_742_000 },
    ]);
  });

  test.each([
    ["ISO-8859-1", latin1],
    ["UTF-8", (text: string) => Buffer.from(text, "utf8")],
  ])("1M and 10M: .dat in %s, with quotes that mean themselves", async (_, encode) => {
    await using folder = await createTestFolder();
    await folder.write("ratings.dat", "1::1193::5::978300760\n1::661::3.5::978302109\n");
    await folder.write(
      "movies.dat",
      encode(`1193::"Great Performances" Cats (1998)::Musical\n661::Fiancée, La (1996)::Comedy|Drama\n`),
    );
    const source = await open(folder);
    expect(source).toMatchObject({ source: "ml-1m", layout: "movielens-dat", timeQuality: "observed" });
    expect(source.titles).toMatchObject([
      { name: '"Great Performances" Cats', year: 1998, genres: ["Musical"] },
      { name: "La Fiancée", year: 1996, genres: ["Comedy", "Drama"] },
    ]);
    expect((await readAll(source)).map((row) => row.stars)).toEqual([5, 3.5]);
  });

  test.each(["ratings.csv", "ratings.csv.gz"])(
    "20M and later: %s with quotes, a byte-order mark, \\r\\n",
    async (name) => {
      await using folder = await createTestFolder();
      await folder.write(
        name,
        '\uFEFFuserId,movieId,rating,timestamp\r\n1,11,4.0,1112486027\r\n"2",12,0.5,1112484676\r\n',
      );
      await folder.write(
        "movies.csv",
        '\uFEFFmovieId,title,genres\r\n11,"American President, The (1995)",Comedy|Drama\r\n12,Nothing,(no genres listed)\r\n',
      );
      const source = await open(folder);
      expect(source).toMatchObject({ layout: "movielens-csv", timeQuality: "observed" });
      expect(source.titles).toMatchObject([
        { name: "The American President", year: 1995, genres: ["Comedy", "Drama"] },
        { name: "Nothing", year: null, genres: [] },
      ]);
      expect(await readAll(source)).toMatchObject([
        { user: "1", item: "11", stars: 4, occurredAt: 1_112_486_027_000 },
        { user: "2", item: "12", stars: 0.5 },
      ]);
    },
  );

  test("an order without times: position p stands p minutes behind 2000-01-01, marked synthetic", async () => {
    await using folder = await createTestFolder();
    await folder.write("interactions.csv.gz", "user,position,movie,rating\n1,0,3186,4\n1,61,1270,5\n");
    await folder.write("movies.dat", "3186::Girl, Interrupted (1999)::Drama\n");
    const source = await open(folder);
    expect(source).toMatchObject({ source: "ml-1m", layout: "movielens-ordered", timeQuality: "synthetic" });
    expect((await readAll(source)).map((row) => new Date(row.occurredAt).toISOString())).toEqual([
      "2000-01-01T00:00:00.000Z",
      "2000-01-01T01:01:00.000Z",
    ]);
  });

  test("a source of the person's own is the prefix; the fingerprint tells sources and contents apart", async () => {
    await using folder = await createTestFolder();
    await folder.write("ratings.dat", "1::1::5::978300760\n");
    await folder.write("movies.dat", "1::A (1998)::Drama\n");
    const first = await open(folder);
    const named = await openMovieLens(folder.path, { source: "mine", addedAt: ADDED_AT });
    expect(named.titles[0]?.titleId).toBe("mine:1");
    expect(named.fingerprint).not.toBe(first.fingerprint);
    expect((await openMovieLens(folder.path, { addedAt: ADDED_AT + 1 })).fingerprint).toBe(first.fingerprint);
    await folder.write("ratings.dat", "1::1::4::978300760\n");
    expect((await open(folder)).fingerprint).not.toBe(first.fingerprint);
    await expect(openMovieLens(folder.path, { source: "a:b", addedAt: ADDED_AT })).rejects.toThrow(
      '--source "a:b": 1 to 24 letters, digits and . _ - are accepted',
    );
  });
});

describe("names", () => {
  test.each([
    ["American President, The (1995)", "The American President", 1995],
    ["Misérables, Les (1995)", "Les Misérables", 1995],
    ["Avventura, L' (Adventure, The) (1960)", "L'Avventura (The Adventure)", 1960],
    [
      "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
      "The City of Lost Children (La Cité des enfants perdus)",
      1995,
    ],
    ["Postino, Il (a.k.a. Postman, The) (1994)", "Il Postino (a.k.a. The Postman)", 1994],
    ["Good, The Bad and The Ugly, The (1966)", "The Good, The Bad and The Ugly", 1966],
    ["Girl, Interrupted (1999)", "Girl, Interrupted", 1999],
    ["2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968],
    ["1984", "1984", null],
    ["Series (1999-2003)", "Series", 1999],
    ["Series (1999- )", "Series (1999- )", null],
    ["Babylon 5", "Babylon 5", null],
    ["Year (0001)", "Year (0001)", null],
    ["(1995)", "(1995)", 1995],
    ["unknown", "unknown", null],
  ])("%s", (heading, name, year) => {
    expect(nameAndYear(heading)).toEqual({ name, year });
  });

  test("whatever the heading, a name of 1 to 300 characters and a year that a title may have, at once", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80, unit: fc.constantFrom(..."a (,)1The'–-9 ") }), (text) => {
        if (text.trim() === "") return;
        const { name, year } = nameAndYear(text);
        expect(name.length).toBeGreaterThan(0);
        expect(year === null || (year >= 1874 && year <= 2100)).toBe(true);
      }),
    );
    expect(nameAndYear(`a${" ".repeat(60_000)}b, The`).name.length).toBeLessThanOrEqual(300);
  });
});

describe("bad input is one line that says where, what, and what is accepted", () => {
  const good = { "ratings.dat": "1::1::5::978300760\n", "movies.dat": "1::A (1998)::Drama\n" };
  const csv = {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,5,978300760\n",
    "movies.csv": "movieId,title,genres\n1,A,Drama\n",
  };
  const first = "1::1::5::978300760\n";
  test.each<[string, Record<string, string>, string]>([
    [
      "a missing field",
      { ...good, "ratings.dat": `${first}1::2::5\n` },
      'ratings.dat: line 2: 4 fields separated by "::" expected, 3 found',
    ],
    [
      "another separator",
      { ...good, "ratings.dat": "1,2,5,978300760\n" },
      'line 1: 4 fields separated by "::" expected, 1 found ("1,2,5,978300760")',
    ],
    [
      "a user id that is none",
      { ...good, "ratings.dat": `${first}x::2::5::978300760\n` },
      'line 2: the user id "x" is not a positive whole number',
    ],
    [
      "a movie id that is none",
      { ...good, "ratings.dat": `${first}1::-2::5::978300760\n` },
      'line 2: the movie id "-2" is not',
    ],
    [
      "a rating out of range",
      { ...good, "ratings.dat": `${first}1::2::6::978300760\n` },
      'line 2: the rating "6" is not one of 0.5, 1, … 5',
    ],
    [
      "a rating between the steps",
      { ...good, "ratings.dat": `${first}1::2::3.3::978300760\n` },
      'the rating "3.3" is not',
    ],
    [
      "a rating in another notation",
      { ...good, "ratings.dat": `${first}1::2::0x4::978300760\n` },
      'the rating "0x4" is not',
    ],
    ["an empty rating", { ...good, "ratings.dat": `${first}1::2::::978300760\n` }, 'the rating "" is not'],
    [
      "a timestamp that is none",
      { ...good, "ratings.dat": `${first}1::2::5::yesterday\n` },
      'line 2: the timestamp "yesterday" is not whole seconds since 1970',
    ],
    [
      "a timestamp in milliseconds",
      { ...good, "ratings.dat": `${first}1::2::5::978300760000\n` },
      'the timestamp "978300760000" is not whole seconds',
    ],
    [
      "a timestamp beyond all times",
      { ...good, "ratings.dat": `${first}1::2::5::99999999999999999999\n` },
      "is not whole seconds",
    ],
    ["an empty file of ratings", { ...good, "ratings.dat": "" }, "ratings.dat: the file is empty: it holds no ratings"],
    ["an empty file of titles", { ...good, "movies.dat": "\n" }, "movies.dat: the file is empty: it holds no titles"],
    [
      "a title without genres",
      { ...good, "movies.dat": "1::A (1998)\n" },
      'movies.dat: line 1: 3 fields separated by "::" expected, 2 found',
    ],
    ["a title without a name", { ...good, "movies.dat": "1:: ::Drama\n" }, "movies.dat: line 1: the title is empty"],
    [
      "another header",
      { ...csv, "ratings.csv": "user,film,stars,when\n1,1,5,978300760\n" },
      'ratings.csv: line 1: the header "userId,movieId,rating,timestamp" is expected, found "user,film,stars,when"',
    ],
    [
      "no header",
      { ...csv, "movies.csv": "1,A,Drama\n" },
      'movies.csv: line 1: the header "movieId,title,genres" is expected',
    ],
    ["only a header", { ...csv, "ratings.csv": "userId,movieId,rating,timestamp\n" }, "ratings.csv: the file is empty"],
    [
      "a quote not closed",
      { ...csv, "movies.csv": 'movieId,title,genres\n1,"A,Drama\n' },
      "movies.csv: line 2: a quote is not closed",
    ],
    [
      "no layout",
      { "ratings.txt": "" },
      "no MovieLens layout found (it holds ratings.txt); accepted: u.data + u.item; ratings.dat + movies.dat",
    ],
    ["half a layout", { "u.data": "1\t1\t5\t978300760\n" }, "no MovieLens layout found (it holds u.data)"],
    [
      "a position beyond all times",
      { "interactions.csv": "user,position,movie,rating\n1,99999999999,1,5\n", "movies.dat": good["movies.dat"] },
      'line 2: the position "99999999999" is not',
    ],
  ])("%s", async (_, files, message) => {
    await using folder = await createTestFolder();
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    const error = await thrownBy(async () => readAll(await open(folder)));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(folder.path);
    expect((error as Error).message).not.toContain("\n");
  });

  test("ratings that are not UTF-8", async () => {
    await using folder = await createTestFolder();
    await folder.write("ratings.dat", latin1(`${first}é::2::5::978300760\n`));
    await folder.write("movies.dat", good["movies.dat"]);
    const source = await open(folder);
    await expect(readAll(source)).rejects.toThrow("ratings.dat: line 2: not UTF-8");
  });

  test("no folder, a file instead of one, a folder instead of a file", async () => {
    await using folder = await createTestFolder();
    const openPath = (path: string) => openMovieLens(path, { addedAt: ADDED_AT });
    await expect(openPath(join(folder.path, "none"))).rejects.toThrow("none: no such folder");
    const file = await folder.write("ratings.dat", first);
    await expect(openPath(file)).rejects.toThrow("is a file; give the folder that holds the MovieLens files");
    await mkdir(join(folder.path, "movies.dat"));
    await expect(openPath(folder.path)).rejects.toThrow("movies.dat: is a folder; a file is expected");
  });

  test("whatever the files hold: rows, or one UserError", async () => {
    await using folder = await createTestFolder();
    const field = fc.oneof(
      fc.constantFrom("1", "2", "5", "978300760", "A (1995)", "", '"', "Drama|", "é"),
      fc.string(),
    );
    const line = fc
      .tuple(fc.constantFrom("::", ",", "\t"), fc.array(field, { maxLength: 5 }))
      .map(([by, parts]) => parts.join(by));
    const text = fc.array(line, { maxLength: 4 }).map((lines) => lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(text, text, fc.boolean(), async (ratings, movies, inLatin1) => {
        await folder.write("ratings.dat", ratings);
        await folder.write("movies.dat", inLatin1 ? latin1(movies) : movies);
        const error = await thrownBy(async () => readAll(await open(folder)));
        if (error !== undefined) expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 100 },
    );
  });
});
