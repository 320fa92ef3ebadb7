import { join } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestFolder, readAll, thrownBy } from "../testing/files.ts";
import { instantOf, openInteractions } from "./interactions.ts";

const AT = Date.UTC(2001, 0, 1, 0, 12, 40);
const SECONDS = AT / 1000;

async function read(name: string, text: string, valuesAreStars = false) {
  await using folder = await createTestFolder();
  const source = await openInteractions(await folder.write(name, text), { valuesAreStars });
  return { source, rows: await readAll(source) };
}

describe("interactions of any file", () => {
  const jsonl = `{"userId":1,"itemId":"a","value":2.5,"timestamp":${SECONDS}}\n{"USERID":"2","itemId":7,"value":1,"timestamp":"${AT}"}\n`;
  test.each([
    ["tsv by place", "x.tsv", `1\ta\t2.5\t${SECONDS}\n2\t7\t1\t${AT}\n`],
    ["csv by place", "x.csv", `1,a,2.5,${SECONDS}\n2,7,1,${AT}`],
    [
      "csv by name, in another order, quoted",
      "x.csv",
      `Timestamp,"movie_id",UserId,weight\n${SECONDS},"a",1,2.5\r\n${AT},7,"2",1\r\n`,
    ],
    [
      "tsv by name with a byte-order mark and empty lines",
      "x.tsv",
      `\uFEFF\nuser\titem\tvalue\ttimestamp\n\n1\ta\t2.5\t${SECONDS}\n2\t7\t1\t${AT}\n`,
    ],
    ["gzipped csv", "x.csv.gz", `user,item,value,time\n1,a,2.5,2001-01-01T00:12:40Z\n2,7,1,2001-01-01 00:12:40\n`],
    ["jsonl, ids as numbers or text", "x.jsonl", jsonl],
    ["gzipped jsonl", "x.jsonl.gz", jsonl],
  ])("%s", async (_, name, text) => {
    const { source, rows } = await read(name, text);
    expect(source).toMatchObject({ source: "x", timeQuality: "observed", titles: [] });
    expect(rows).toEqual([
      { user: "1", item: "a", stars: undefined, strength: 2.5, occurredAt: AT },
      { user: "2", item: "7", stars: undefined, strength: 1, occurredAt: AT },
    ]);
  });

  test("without times the order of each user's rows stands for them, marked synthetic", async () => {
    const { source, rows } = await read("x.csv", "u,a\nv,a\nu,b\n");
    expect(source.timeQuality).toBe("synthetic");
    expect(rows.map((row) => [row.user, row.item, new Date(row.occurredAt).toISOString()])).toEqual([
      ["u", "a", "2000-01-01T00:00:00.000Z"],
      ["v", "a", "2000-01-01T00:00:00.000Z"],
      ["u", "b", "2000-01-01T00:01:00.000Z"],
    ]);
    expect((await read("x.jsonl", '{"user":"u","item":"a"}\n')).source.timeQuality).toBe("synthetic");
  });

  test("values are stars where that is asked, else strengths; none is unknown", async () => {
    expect((await read("x.csv", "user,item,rating\n1,a,4.5\n", true)).rows[0]).toMatchObject({
      stars: 4.5,
      strength: undefined,
    });
    expect((await read("x.csv", "user,item,rating\n1,a,\n")).rows[0]).toMatchObject({
      stars: undefined,
      strength: undefined,
    });
  });

  test.each<[string, string, string, string, boolean?]>([
    ["an ending that is none", "x.txt", "1,2\n", "the name must end in .tsv, .csv or .jsonl"],
    ["an empty file", "x.csv", "", "x.csv: the file is empty"],
    ["an empty gzipped file", "x.jsonl.gz", "", "x.jsonl.gz: the file is empty"],
    ["only a header", "x.csv", "user,item\n", "x.csv: the file is empty"],
    ["one column", "x.tsv", "1,2\n", 'line 1: at least a user and an item separated by a tab are expected ("1,2")'],
    [
      "an unknown column",
      "x.csv",
      "user,item,colour\n1,2,red\n",
      'line 1: unknown column "colour"; accepted: user, item, value, timestamp',
    ],
    ["no item", "x.csv", "user,value\n1,2\n", 'line 1: no column of the item in "user,value"'],
    [
      "a column twice",
      "x.csv",
      "user,item,item_id\n1,2,3\n",
      'line 1: the columns "item" and "item_id" both name the item',
    ],
    ["too many columns by place", "x.csv", "1,2,3,4,5\n", "line 1: 5 columns without a header"],
    ["a line with fewer columns", "x.csv", "user,item\n1,2\n3\n", "line 3: 2 columns expected, 1 found"],
    ["an open quote", "x.csv", 'user,item\n1,"2\n', "line 2: a quote is not closed"],
    ["an open quote in line 1", "x.csv", '1,"2\n', "line 1: a quote is not closed"],
    ["an empty user", "x.csv", "1,2\n,2\n", 'line 2: the user "" is not 1 to 39 letters'],
    ["an item that can't be an id", "x.csv", "1,2\n1,a b\n", 'line 2: the item "a b" is not 1 to 39 letters'],
    ["an id too long", "x.csv", `1,${"a".repeat(40)}\n`, "line 1: the item"],
    ["an id of other letters", "x.csv", "1,фильм\n", 'line 1: the item "фильм" is not'],
    ["a value that is none", "x.csv", "1,2,much\n", 'line 1: the value "much" is not a number above 0'],
    ["a value in another notation", "x.csv", "1,2,0x10\n", 'line 1: the value "0x10" is not a number'],
    ["a value of 0", "x.csv", "1,2,1\n1,3,0\n", 'line 2: the value "0" is not a number above 0'],
    ["stars out of range", "x.csv", "1,2,9\n", 'line 1: the value "9" is not one of 0.5, 1, … 5 stars', true],
    ["stars missing", "x.csv", "1,2,5\n1,3,\n", 'line 2: the value "" is not one of 0.5', true],
    ["stars asked, no column", "x.csv", "1,2\n", "--ratings needs a column of values", true],
    [
      "a bad timestamp",
      "x.csv",
      "1,2,1,soon\n",
      'line 1: the timestamp "soon" is not seconds or milliseconds since 1970, nor ISO 8601',
    ],
    ["a timestamp in microseconds", "x.csv", "1,2,1,978307960000000\n", "is not seconds or milliseconds"],
    ["an impossible day", "x.csv", "1,2,1,2001-02-31T00:00:00+99:00\n", "is not seconds or milliseconds"],
    ["not JSON", "x.jsonl", '{"user":1,"item":2}\n{"user":\n', "line 2: not JSON"],
    ["JSON but no object", "x.jsonl", "[1,2]\n", "line 1: not a JSON object"],
    [
      "an unknown field",
      "x.jsonl",
      '{"user":1,"item":2,"colour":3}\n',
      'line 1: unknown field "colour"; accepted: user, item',
    ],
    ["a field of another kind", "x.jsonl", '{"user":1,"item":[2]}\n', 'line 1: "item" is neither text nor a number'],
    [
      "a number that lost digits",
      "x.jsonl",
      '{"user":12345678901234567890,"item":2}\n',
      "too large to be exact; write it in quotes",
    ],
    ["a field twice", "x.jsonl", '{"user":1,"user_id":2,"item":2}\n', 'the field "user_id" names the user once more'],
    [
      "a timed row among untimed ones",
      "x.jsonl",
      '{"user":1,"item":2}\n{"user":1,"item":3,"time":5}\n',
      "line 2: a timestamp, but line 1 has none",
    ],
    [
      "an untimed row among timed ones",
      "x.jsonl",
      '{"user":1,"item":2,"time":5}\n{"user":1,"item":3}\n',
      'line 2: the timestamp "" is not',
    ],
  ])("%s: one line says where and what", async (_, name, text, message, valuesAreStars = false) => {
    const error = await thrownBy(() => read(name, text, valuesAreStars));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(name);
    expect((error as Error).message).not.toContain("\n");
  });

  test("no such file, a folder instead of a file, a source that can't be a prefix", async () => {
    await using folder = await createTestFolder();
    const none = join(folder.path, "none.csv");
    await expect(openInteractions(none, { valuesAreStars: false })).rejects.toThrow(`${none}: no such file`);
    await expect(openInteractions(folder.path, { valuesAreStars: false })).rejects.toThrow(
      "is a folder; a file is expected",
    );
    const path = await folder.write("my file.csv", "1,2\n");
    await expect(openInteractions(path, { valuesAreStars: false })).rejects.toThrow(
      '--source "my file": 1 to 24 letters',
    );
  });

  test("whatever the file holds: rows, or one UserError", async () => {
    await using folder = await createTestFolder();
    const field = fc.oneof(
      fc.constantFrom("user", "item", "time", "1", "a:b", "0.5", "2001-01-01", '"', "é", '{"user":1}'),
      fc.string(),
    );
    const line = fc
      .tuple(fc.constantFrom(",", "\t"), fc.array(field, { maxLength: 5 }))
      .map(([by, parts]) => parts.join(by));
    const json = fc
      .dictionary(fc.constantFrom("user", "item", "value", "time", "x"), fc.jsonValue())
      .map((row) => JSON.stringify(row));
    const text = fc.array(fc.oneof(line, json, fc.json()), { maxLength: 4 }).map((lines) => lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom("x.csv", "x.tsv", "x.jsonl", "x.csv.gz"),
        fc.boolean(),
        async (content, name, valuesAreStars) => {
          const path = await folder.write(name, content);
          const error = await thrownBy(async () => readAll(await openInteractions(path, { valuesAreStars })));
          if (error !== undefined) expect(error).toBeInstanceOf(UserError);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test.each([
  ["978307960", AT],
  ["978307960.25", AT + 250],
  ["978307960000", AT],
  ["2001-01-01", Date.UTC(2001, 0, 1)],
  ["2001-01-01T00:12:40", AT],
  ["2001-01-01 00:12:40.5", AT + 500],
  ["2001-01-01T02:12:40+02:00", AT],
  ["2001-01-01T02:12:40+0200", AT],
  ["2001-01-01T00:12Z", AT - 40_000],
])("%s is one instant on every machine", (text, at) => {
  expect(instantOf(text)).toBe(at);
});
