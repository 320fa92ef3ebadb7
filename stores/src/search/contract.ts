/** What every search promises, as tests: run by each adapter's test file, embedded or real. */
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Search, SearchDocument, SearchFilter, SearchRequest, SearchSchema } from "./port.ts";
import { QUERY_CHARACTERS_MAX, QUERY_WORDS_MAX } from "./port.ts";

export interface SearchHarness {
  readonly port: Search;
  /** A second port on the same documents, as another process has it. Absent where there is no such thing. */
  readonly another?: () => Promise<Search>;
  readonly dispose: () => Promise<void>;
}

const SCHEMA: SearchSchema = {
  fields: {
    title: { kind: "text", weight: 8 },
    people: { kind: "text", weight: 3 },
    plot: { kind: "text", weight: 1 },
    genre: { kind: "keyword" },
    year: { kind: "number" },
    popularity: { kind: "number" },
  },
  orderBy: "popularity",
  letters: { ё: "е", і: "и" },
};

const FILMS: readonly SearchDocument[] = [
  { id: "brat", fields: { title: "Брат", people: ["Сергей Бодров"], genre: "crime", year: 1997, popularity: 5 } },
  { id: "brat-2", fields: { title: "Брат 2", people: ["Сергей Бодров"], genre: "crime", year: 2000, popularity: 9 } },
  { id: "sestry", fields: { title: "Сёстры", people: ["Сергей Бодров"], plot: "Брат и две сестры", year: 2001 } },
  { id: "karamazovy", fields: { title: "Братья Карамазовы", genre: ["drama", "classic"], year: 1968, popularity: 2 } },
  { id: "spider", fields: { title: "Человек-паук", genre: "fantasy", year: 2002, popularity: 9 } },
  { id: "spider-3", fields: { title: "Человек-паук 3", genre: "fantasy", year: 2007, popularity: 4 } },
  { id: "elki", fields: { title: "Ёлки", genre: "comedy", year: 2010, popularity: 3 } },
  { id: "sumesia", fields: { title: "Сям'я зімой", plot: "Ў вёсцы над ракой", year: 1980 } },
  {
    id: "interstellar",
    fields: { title: "Интерстеллар", people: ["Кристофер Нолан", "Мэттью Макконахи"], year: 2014 },
  },
  { id: "matrix", fields: { title: ["Матрица", "The Matrix"], people: ["Keanu Reeves"], year: 1999, popularity: 10 } },
  { id: "dont", fields: { title: "Don't Look Up", people: ["Leonardo DiCaprio"], year: 2021 } },
];

export function searchContract(adapter: { open(): Promise<SearchHarness> }): void {
  let harness: SearchHarness;
  let search: Search;
  let collection = "";
  let testCount = 0;

  beforeEach(async () => {
    harness = await adapter.open();
    search = harness.port;
    // A real server outlives the test.
    collection = `contract-${process.pid}-${testCount++}`;
  });
  afterEach(async () => {
    for (const { generation, active } of await search.generations(collection).catch(() => [])) {
      if (!active) await search.drop(collection, generation);
    }
    await harness.dispose();
  });

  async function fill(documents: readonly SearchDocument[], schema = SCHEMA, generation = "g1"): Promise<void> {
    await search.begin(collection, generation, schema);
    await search.put(collection, generation, documents);
    await search.activate(collection, generation);
  }
  const ask = (text: SearchRequest["text"], rest: Partial<SearchRequest> = {}) =>
    search.search({ collection, text, limit: 10, ...rest });
  const ids = async (text: SearchRequest["text"], rest: Partial<SearchRequest> = {}) =>
    (await ask(text, rest)).hits.map((hit) => hit.id);

  describe("what is found", () => {
    beforeEach(() => fill(FILMS));

    test("every word of the query is in the document, in any order, in any of its texts", async () => {
      expect(await ids("матрица")).toEqual(["matrix"]);
      expect(await ids("карамазовы братья")).toEqual(["karamazovy"]);
      expect(await ids("бодров сестры")).toEqual(["sestry"]);
      expect(await ids("reeves matrix the")).toEqual(["matrix"]);
      expect(await ids("матрица бодров")).toEqual([]);
    });

    test("the whole title stands first, then what begins with it, then what has it; and each has the score of the port", async () => {
      // Брат: 8 + 2 × 8. Брат 2: 8 + 8. Братья Карамазовы: ¾ × 8 + 8. Сёстры: 1, in the plot, which begins with it: + 1.
      expect((await ask("брат")).hits).toEqual([
        { id: "brat", score: 24 },
        { id: "brat-2", score: 16 },
        { id: "karamazovy", score: 14 },
        { id: "sestry", score: 2 },
      ]);
      // Finished, it is no beginning, and no typo of so long a word.
      expect(await ids("брат ")).toEqual(["brat", "brat-2", "sestry"]);
      expect(await ids("брат", { unfinished: false })).toEqual(["brat", "brat-2", "sestry"]);
    });

    test("as it is typed, letter by letter, it stays found", async () => {
      for (let length = 1; length <= "интерстеллар".length; length++) {
        expect(await ids("интерстеллар".slice(0, length))).toContain("interstellar");
      }
      expect(await ids("кристофер нол")).toEqual(["interstellar"]);
    });

    test("one typo in a word of three letters, two from six on: wrong, missing, too many, swapped", async () => {
      for (const typed of [
        "интерстелар",
        "интерстиллар",
        "интирстелар",
        "интрестеллар",
        "интерсетллра",
        "иинтерстелларр",
      ]) {
        expect(await ids(typed, { unfinished: false }), typed).toEqual(["interstellar"]);
      }
      for (const typed of ["брта", "бра", "бррат", "крат"]) expect(await ids(typed), typed).toContain("brat");
      expect(await ids("кратт", { unfinished: false })).toEqual([]);
      expect(await ids("интистеллрр")).toEqual([]);
      expect(await ids("интерстелар", { typosMax: 0 })).toEqual([]);
      expect(await ids("интирстелар", { typosMax: 1 })).toEqual([]);
      expect((await ask("интерстелар ")).hits).toEqual([{ id: "interstellar", score: 0.5 }]);
      expect((await ask("интирстелар ")).hits).toEqual([{ id: "interstellar", score: 0.25 }]);
    });

    test("ё and е, hyphens, apostrophes, signs and case don't matter", async () => {
      expect(await ids("СЕСТРЫ")).toEqual(["sestry"]);
      expect(await ids("ёлки")).toEqual(["elki"]);
      expect(await ids("елки!")).toEqual(["elki"]);
      expect(await ids("человек паук ")).toEqual(["spider", "spider-3"]);
      expect(await ids("паук-человек")).toEqual(["spider", "spider-3"]);
      expect(await ids("«Человек — паук», 3")).toEqual(["spider-3"]);
      expect(await ids("dont look")).toEqual(["dont"]);
      expect(await ids("don’t look up")).toEqual(["dont"]);
    });

    test("Belarusian words are words; й of two characters is й", async () => {
      expect(await ids("сямя зімой")).toEqual(["sumesia"]);
      expect(await ids("сям’я зимой".normalize("NFD"))).toEqual(["sumesia"]);
      expect(await ids("вёсцы ў")).toEqual(["sumesia"]);
    });

    test("of several readings of a query the best one counts", async () => {
      expect(await ids(["vfnhbwf", "матрица"])).toEqual(["matrix"]);
      expect((await ask(["matrix", "матрица"])).hits).toEqual((await ask("матрица")).hits);
      expect(new Set(await ids(["брат", "ёлки"]))).toEqual(new Set(["brat", "brat-2", "karamazovy", "sestry", "elki"]));
    });

    test("equal scores stand by popularity, then by id; the total counts beyond the limit", async () => {
      expect((await ask("сергей", { limit: 2 })).hits.map((hit) => hit.id)).toEqual(["brat-2", "brat"]);
      expect((await ask("сергей", { limit: 2 })).total).toBe(3);
      expect(await ids("сергей")).toEqual(["brat-2", "brat", "sestry"]);
    });

    test("an empty query finds whatever passes the filters, one of signs finds nothing", async () => {
      const all = await ask("", { limit: 3 });
      expect(all).toEqual({
        hits: ["matrix", "brat-2", "spider"].map((id) => ({ id, score: 0 })),
        total: FILMS.length,
        generation: "g1",
      });
      expect(await ids("  \t")).toHaveLength(10);
      for (const signs of ["!!!", "«»", "🎬", "\\", '"', "*", "{}", "\0"]) expect(await ids(signs), signs).toEqual([]);
      expect(await ids([])).toHaveLength(10);
    });

    test("typos in a word that is still being typed: one from four letters on, two from eight, at 3/8 and 3/16", async () => {
      // The lightest weight is the plot's, 1: × ¾ × ½, and ½ where the word is finished and one letter is wrong.
      expect((await ask("интес")).hits).toEqual([{ id: "interstellar", score: 0.375 }]);
      expect((await ask("карамазав")).hits).toEqual([{ id: "karamazovy", score: 0.375 }]);
      expect((await ask("кармазав")).hits).toEqual([{ id: "karamazovy", score: 0.1875 }]);
      expect(await ids("инс")).toEqual([]);
      expect(await ids("интес", { typosMax: 0 })).toEqual([]);
      expect(await ids("интес", { unfinished: false })).toEqual([]);
      expect(await ids("интос", { typosMax: 1 })).toEqual([]);
      expect(await ids("тиерсте")).toEqual([]);
      for (const typed of ["нитер", "интресте", "итерстел", "иинтерст", "интерстилл"]) {
        expect(await ids(typed), typed).toContain("interstellar");
      }
      // A score of a beginning is never above that of the word: 1 × ½ for a letter missing.
      expect((await ask("матрца")).hits).toEqual([{ id: "matrix", score: 0.5 }]);
    });

    test("facets count everything found, not what is shown: the most frequent first, then by value", async () => {
      const facets = [{ field: "genre", limit: 3 }];
      const all = await ask("", { facets, limit: 1 });
      expect(all.facets).toEqual({
        genre: [
          { value: "crime", count: 2 },
          { value: "fantasy", count: 2 },
          { value: "classic", count: 1 },
        ],
      });
      const filters = [{ field: "year", atMost: 1999 }];
      const found = await ask(["братья", "брат"], { facets, filters, limit: 1 });
      expect(found.total).toBe(2);
      expect(found.facets).toEqual({
        genre: ["classic", "crime", "drama"].map((value) => ({ value, count: 1 })),
      });
      expect((await ask("матрица бодров", { facets })).facets).toEqual({ genre: [] });
      expect((await ask("!!!", { facets })).facets).toEqual({ genre: [] });
      expect((await ask("брат")).facets).toBeUndefined();
    });

    test("filters hold together; a document without the field passes only `noneOf`", async () => {
      const filtered = (...filters: SearchFilter[]) => ids("", { filters });
      expect(await filtered({ field: "genre", anyOf: ["classic", "comedy"] })).toEqual(["elki", "karamazovy"]);
      expect(await filtered({ field: "genre", anyOf: [] })).toEqual([]);
      expect(await filtered({ field: "genre", noneOf: ["crime", "fantasy"] }, { field: "year", atMost: 1999 })).toEqual(
        ["matrix", "karamazovy", "sumesia"],
      );
      expect(await filtered({ field: "year", atLeast: 2000, atMost: 2002 })).toEqual(["brat-2", "spider", "sestry"]);
      expect(await filtered({ field: "popularity", atMost: 3 })).toEqual(["elki", "karamazovy"]);
      expect(await ids("брат", { filters: [{ field: "genre", anyOf: ["crime"] }] })).toEqual(["brat", "brat-2"]);
      expect((await ask("брат", { filters: [{ field: "genre", anyOf: ["crime"] }], limit: 1 })).total).toBe(2);
    });

    test("no query, however typed, is an error or finds what has none of its words", async () => {
      const piece = fc.oneof(
        fc.constantFrom("брат", "Ёлки", "matrix", "-", "'", '"', "(", "AND", "~2", "*", "^", ":", "сям'я", " "),
        fc.string({ unit: "binary", maxLength: 6 }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
          const text = pieces.join(" ").slice(0, QUERY_CHARACTERS_MAX);
          const { hits, total } = await ask(text);
          expect(hits.length).toBe(Math.min(total, 10));
        }),
        { numRuns: 60 },
      );
    });
  });

  test("any title is found by itself, first, in any order of its words, and with a typo in its longest", async () => {
    const word = fc.stringMatching(/^[а-яё]{6,9}$/);
    const titles = fc.uniqueArray(fc.array(word, { minLength: 1, maxLength: 3 }), {
      minLength: 5,
      maxLength: 12,
      selector: (words) => [...words].sort().join(" ").replaceAll("ё", "е"),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(titles, async (drawn) => {
        const generation = `g${round++}`;
        const documents = drawn.map((words, i) => ({ id: `t${i}`, fields: { title: words.join(" ") } }));
        await fill(documents, SCHEMA, generation);
        for (const [i, words] of drawn.entries()) {
          expect((await ids(words.join(" ")))[0]).toBe(`t${i}`);
          expect(await ids([...words].reverse().join(" "))).toContain(`t${i}`);
          expect(await ids([`ь${words[0]}`, ...words.slice(1)].join("-"))).toContain(`t${i}`);
        }
      }),
      { numRuns: 4 },
    );
  });

  test("a reading looks into the fields of its group, with the typos of its own", async () => {
    const schema: SearchSchema = {
      fields: {
        name: { kind: "text", weight: 8 },
        sound: { kind: "text", weight: 4, group: "sound" },
        people: { kind: "text", weight: 2, group: "sound" },
        genre: { kind: "keyword" },
      },
    };
    await fill(
      [
        { id: "brat", fields: { name: "Брат", sound: "brat", people: "sergei" } },
        { id: "latin", fields: { name: "brat", sound: ["brat otto", "xxx"] } },
        { id: "none", fields: { name: "ничего" } },
      ],
      schema,
    );
    const sound = { text: "brat", group: "sound" };
    expect(await ids("brat", { typosMax: 0 })).toEqual(["latin"]);
    // 4 + 2 × 4; 4 + 4.
    expect((await ask([sound], { typosMax: 0 })).hits).toEqual([
      { id: "brat", score: 12 },
      { id: "latin", score: 8 },
    ]);
    expect((await search.search({ collection, text: ["brat", { ...sound, typosMax: 0 }], limit: 9 })).hits).toEqual([
      { id: "latin", score: 24 },
      { id: "brat", score: 12 },
    ]);
    const typo = { text: "bratt", group: "sound" };
    const found = async (typosMax: 0 | 1) =>
      (await search.search({ collection, text: ["xyz", { ...typo, typosMax }], limit: 9 })).total;
    expect([await found(0), await found(1)]).toEqual([0, 2]);
    await expect(search.search({ collection, text: [{ text: "x", group: "smell" }], limit: 1 })).rejects.toThrow(
      /a reading in "smell" is refused; the schema has sound/,
    );
    const many = Array.from({ length: 8 }, (_, i) => ({ text: `слово${i}`, group: "sound" }));
    expect((await search.search({ collection, text: many, limit: 1 })).total).toBe(0);
  });

  describe("documents", () => {
    test("put again are replaced, deleted are gone; absent ones are no error", async () => {
      await fill(FILMS);
      await search.put(collection, "g1", [{ id: "brat", fields: { title: "Другое имя" } }]);
      await search.delete(collection, "g1", ["brat-2", "never"]);
      await search.put(collection, "g1", []);
      await search.delete(collection, "g1", []);
      await search.flush(collection, "g1");
      expect(await ids("брат ")).toEqual(["sestry"]);
      expect(await ids("другое имя")).toEqual(["brat"]);
      expect(await search.generations(collection)).toEqual([
        { generation: "g1", active: true, documentCount: FILMS.length - 1 },
      ]);
    });

    test("10,000 in one call are all found again", async () => {
      const documents = Array.from({ length: 10_000 }, (_, i) => ({
        id: `t${i}`,
        fields: { title: `Серия номер${i}`, plot: "Длинный рассказ о том, как всё было. ".repeat(10), year: i },
      }));
      await fill(documents);
      expect((await ask("серия")).total).toBe(10_000);
      for (const i of [0, 1, 4_999, 9_999]) {
        expect(await ids(`номер${i}`, { typosMax: 0, unfinished: false })).toEqual([`t${i}`]);
      }
      expect((await ask("", { filters: [{ field: "year", atLeast: 9_990 }] })).total).toBe(10);
    });

    test("writers side by side lose nothing; of writers of one document one stands, whole", async () => {
      await search.begin(collection, "g1", SCHEMA);
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          const name = "абвгдежз"[writer]!.repeat(5);
          for (let i = 0; i < 10; i++) {
            const own = { id: `own-${writer}-${i}`, fields: { title: `собственный ${name}` } };
            const shared = { id: "shared", fields: { title: `общий ${name}`, plot: `общий ${name}` } };
            await search.put(collection, "g1", [own, shared]);
          }
        }),
      );
      await search.activate(collection, "g1");
      expect((await ask("собственный ")).total).toBe(80);
      expect(await ids("общий ", { typosMax: 0 })).toEqual(["shared"]);
    });

    test("a mistake refuses the call before anything is written", async () => {
      await fill(FILMS.slice(0, 1));
      const refused: [SearchDocument, RegExp][] = [
        [{ id: "", fields: {} }, /id "" is refused; 1 to 256 printable ASCII/],
        [{ id: "ключ", fields: {} }, /id "ключ" is refused/],
        [{ id: "a".repeat(257), fields: {} }, /is refused/],
        [
          { id: "a", fields: { name: "x" } },
          /field "name" of "a" is refused; the schema has genre, people, plot, popularity, title, year/,
        ],
        [{ id: "a", fields: { constructor: "x" } }, /field "constructor" of "a" is refused/],
        [{ id: "a", fields: { title: 1 } }, /field "title" of "a" is refused; texts/],
        [{ id: "a", fields: { year: "1999" } }, /finite numbers are accepted/],
        [{ id: "a", fields: { year: Number.NaN } }, /finite numbers are accepted/],
        [{ id: "a", fields: { title: "x".repeat(20_001) } }, /texts up to 20000 characters/],
        [{ id: "a", fields: { genre: "x".repeat(257) } }, /texts up to 256 characters/],
        [{ id: "a", fields: { genre: Array.from({ length: 1_001 }, () => "x") } }, /at most 1000 values/],
        [{ id: "a", fields: { title: Array.from({ length: 11 }, () => "x".repeat(20_000)) } }, /at most 200000/],
      ];
      for (const [document, why] of refused) {
        await expect(
          search.put(collection, "g1", [{ id: "new", fields: { title: "новый" } }, document]),
        ).rejects.toThrow(why);
      }
      const many = Array.from({ length: 10_001 }, (_, i) => ({ id: `${i}`, fields: {} }));
      await expect(search.put(collection, "g1", many)).rejects.toThrow(/a call of 10001 is refused/);
      await search.flush(collection, "g1");
      expect((await ask("")).total).toBe(1);
    });

    test("as long as they may be, they are kept", async () => {
      const long = "я".repeat(20_000);
      const documents = [
        { id: "word", fields: { title: long } },
        { id: "words", fields: { plot: Array.from({ length: 9 }, () => "слово ".repeat(3_333)) } },
        { id: "nothing", fields: {} },
        { id: "signs", fields: { title: "…!?", people: [] } },
      ];
      await fill(documents);
      expect((await ask("")).total).toBe(4);
      expect(await ids("я".repeat(60))).toEqual(["word"]);
      expect(await ids("слово")).toEqual(["words"]);
    });
  });

  describe("a request", () => {
    test("that is too large or asks for what the schema hasn't is refused, with what is accepted", async () => {
      await fill(FILMS);
      const refused: [Partial<SearchRequest>, RegExp][] = [
        [{ text: "x".repeat(QUERY_CHARACTERS_MAX + 1) }, /a query of 201 characters is refused; at most 200/],
        [{ text: "x ".repeat(QUERY_WORDS_MAX + 1) }, /a query of 21 words is refused; at most 20/],
        [{ text: [..."abcdefghi"] }, /9 readings is refused; at most 8/],
        [{ facets: [{ field: "title", limit: 1 }] }, /a facet of "title" is refused; a keyword field/],
        [{ facets: [{ field: "genre", limit: 101 }] }, /a facet of 101 values is refused; 1 to 100/],
        [{ facets: Array.from({ length: 9 }, () => ({ field: "genre", limit: 1 })) }, /9 facets is refused; at most 8/],
        [{ limit: 0 }, /a limit of 0 is refused; 1 to 200/],
        [{ limit: 201 }, /a limit of 201/],
        [{ limit: 1.5 }, /a limit of 1.5/],
        [{ filters: [{ field: "title", anyOf: ["x"] }] }, /a filter on "title" is refused; a keyword field/],
        [{ filters: [{ field: "genre", atLeast: 1 }] }, /a filter on "genre" is refused; a number field/],
        [{ filters: [{ field: "nothing", noneOf: [] }] }, /a filter on "nothing" is refused/],
        [{ filters: [{ field: "genre", noneOf: Array.from({ length: 1_001 }, String) }] }, /a filter of 1001 values/],
        [{ collection: "Titles" }, /collection "Titles" is refused; 1 to 64 of a-z 0-9 -/],
        [{ collection: "titles*" }, /is refused/],
      ];
      for (const [request, why] of refused) {
        await expect(search.search({ collection, text: "x", limit: 1, ...request })).rejects.toThrow(why);
      }
    });

    test("of the largest size is answered", async () => {
      await fill(FILMS);
      const texts = [..."щцфюжшчз"].map((end) =>
        Array.from({ length: QUERY_WORDS_MAX }, (_, i) => `слово${i}${end}`.padEnd(9, end)).join(" "),
      );
      expect(await ids(texts)).toEqual([]);
      const title = Array.from({ length: QUERY_WORDS_MAX }, (_, i) => `длин${i}`).join(" ");
      await search.put(collection, "g1", [{ id: "long", fields: { title } }]);
      await search.flush(collection, "g1");
      expect(await ids([title, ...texts.slice(1)])).toEqual(["long"]);
      // Words of five letters: the seventh is forgiven a typo, the ninth begins at the 41st letter.
      expect(await ids(title.replace("длин6", "длиин6"))).toEqual(["long"]);
      expect(await ids(title.replace("длин8", "длиин8"))).toEqual([]);
    });
  });

  describe("generations", () => {
    const one = (title: string): SearchDocument[] => [{ id: title, fields: { title } }];

    test("before the first is active there are no hits, and the answer says so", async () => {
      expect(await ask("брат")).toEqual({ hits: [], total: 0, generation: undefined });
      await search.begin(collection, "g1", SCHEMA);
      await search.put(collection, "g1", FILMS);
      await search.flush(collection, "g1");
      expect(await ask("брат")).toEqual({ hits: [], total: 0, generation: undefined });
      expect(await search.generations(collection)).toEqual([
        { generation: "g1", active: false, documentCount: FILMS.length },
      ]);
    });

    test("one is searched while another is filled; activating answers the one before; an older one is the rollback", async () => {
      await fill(one("first"));
      await search.begin(collection, "g2", SCHEMA);
      await search.put(collection, "g2", one("second"));
      await search.flush(collection, "g2");
      expect(await ids("")).toEqual(["first"]);
      expect(await search.activate(collection, "g2")).toBe("g1");
      expect((await ask("")).generation).toBe("g2");
      expect(await search.activate(collection, "g1")).toBe("g2");
      expect((await ask("")).generation).toBe("g1");
      expect(await search.activate(collection, "g1")).toBe("g1");
    });

    test("a new generation may have another schema", async () => {
      await fill(FILMS);
      const schema: SearchSchema = { fields: { name: { kind: "text", weight: 1 }, hidden: { kind: "keyword" } } };
      await search.begin(collection, "g2", schema);
      await search.put(collection, "g2", [{ id: "b", fields: { name: "Брат ё", hidden: "x" } }]);
      await search.activate(collection, "g2");
      expect(await ids("брат ё ", { filters: [{ field: "hidden", anyOf: ["x"] }] })).toEqual(["b"]);
      // Its letters are its own: here е is not ё.
      expect(await ids("брат е ")).toEqual([]);
      await expect(ask("брат", { filters: [{ field: "genre", anyOf: ["x"] }] })).rejects.toThrow(/a filter on "genre"/);
    });

    test("the active one is kept, another is dropped, an absent one is no error", async () => {
      await fill(FILMS);
      await search.begin(collection, "g2", SCHEMA);
      await expect(search.drop(collection, "g1")).rejects.toThrow(/is served by g1; it is kept/);
      await search.drop(collection, "g2");
      await search.drop(collection, "g2");
      await expect(search.put(collection, "g2", FILMS)).rejects.toThrow(/has no generation g2/);
      await expect(search.activate(collection, "g2")).rejects.toThrow(/has no generation g2/);
      await expect(search.flush(collection, "g2")).rejects.toThrow(/has no generation g2/);
      await expect(search.begin(collection, "g1", SCHEMA)).rejects.toThrow(/has a generation g1 already/);
      expect((await search.generations(collection)).map((g) => g.generation)).toEqual(["g1"]);
      expect(await ids("матрица")).toEqual(["matrix"]);
    });

    test("collections and names that begin alike are apart", async () => {
      await fill(FILMS);
      const longer = `${collection}-more`;
      await search.begin(longer, "g1", SCHEMA);
      expect(await search.generations(collection)).toHaveLength(1);
      expect(await search.generations(longer)).toEqual([{ generation: "g1", active: false, documentCount: 0 }]);
      await search.drop(longer, "g1");
      expect(await ids("матрица")).toEqual(["matrix"]);
    });

    test("a schema or a name with a mistake is refused", async () => {
      const refused: [SearchSchema, RegExp][] = [
        [{ fields: { Title: { kind: "keyword" } } }, /field "Title" is refused/],
        [{ fields: { "a.b": { kind: "keyword" } } }, /field "a.b" is refused/],
        [
          { fields: { title: { kind: "text", weight: 0.5 } } },
          /weight 0.5 of title is refused; whole ones from 1 to 100/,
        ],
        [{ fields: { title: { kind: "text", weight: 1 } }, orderBy: "title" }, /orderBy "title" is refused/],
        [
          {
            fields: Object.fromEntries([1, 2, 3, 4, 5].map((weight) => [`f${weight}`, { kind: "text", weight }])),
          },
          /a schema of 5 weights is refused; at most 4 differ in a group/,
        ],
        [{ fields: { a: { kind: "text", weight: 1, group: "a b" } } }, /group "a b" is refused/],
        [
          {
            fields: Object.fromEntries(
              [..."abcde"].map((group) => [group, { kind: "text", weight: 1, group }] as const),
            ),
          },
          /a schema of 5 groups is refused; at most 4/,
        ],
        [{ fields: {}, letters: { Ё: "е" } }, /letter "Ё" → "е" is refused/],
        [{ fields: {}, letters: { ё: " " } }, /is refused; one lower-case letter/],
      ];
      for (const [schema, why] of refused) await expect(search.begin(collection, "g1", schema)).rejects.toThrow(why);
      await expect(search.begin(collection, "G.1", SCHEMA)).rejects.toThrow(/generation "G.1" is refused/);
      expect(await search.generations(collection)).toEqual([]);
    });

    test("eight readers search while generations come and go: never an error, never an empty answer", async () => {
      await fill([{ id: "t", fields: { title: "Матрица", year: 0 } }], SCHEMA, "g0");
      let done = false;
      let answers = 0;
      const seen = new Set<string | undefined>();
      const readers = Array.from({ length: 8 }, async () => {
        const port = harness.another ? await harness.another() : search;
        try {
          while (!done) {
            const { hits, generation } = await port.search({ collection, text: "матриц", limit: 1 });
            expect(hits.map((hit) => hit.id)).toEqual(["t"]);
            seen.add(generation);
            answers++;
            await nextTurn();
          }
        } finally {
          if (harness.another) await port.close();
        }
      });
      for (let i = 1; i <= 4; i++) {
        await search.begin(collection, `g${i}`, SCHEMA);
        await search.put(collection, `g${i}`, [{ id: "t", fields: { title: "Матрица", year: i } }]);
        await search.activate(collection, `g${i}`);
        await search.drop(collection, `g${i - 1}`);
        expect((await ask("матрица")).generation).toBe(`g${i}`);
        for (const before = answers; answers < before + 16; ) await nextTurn();
      }
      done = true;
      await Promise.all(readers);
      expect(seen.size).toBeGreaterThan(1);
    });

    test("another process sees what was activated within a second", async () => {
      if (!harness.another) return;
      await fill(FILMS);
      const other = await harness.another();
      const query = { collection, text: "second ", limit: 1 };
      expect((await other.search(query)).generation).toBe("g1");
      await search.begin(collection, "g2", SCHEMA);
      await search.put(collection, "g2", one("second"));
      await search.activate(collection, "g2");
      const activatedAt = performance.now();
      while ((await other.search(query)).generation !== "g2")
        expect(performance.now() - activatedAt).toBeLessThan(1_500);
      expect((await other.search(query)).hits).toHaveLength(1);
      await other.close();
    });
  });

  test("a closed one refuses every call with one clear line", async () => {
    await search.close();
    await search.close();
    await expect(ask("x")).rejects.toThrow(/is closed/);
    await expect(search.put(collection, "g1", [])).rejects.toThrow(/is closed/);
    await expect(search.activate(collection, "g1")).rejects.toThrow(/is closed/);
    await expect(search.describe()).rejects.toThrow(/is closed/);
  });
}
