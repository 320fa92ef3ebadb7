import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTestFolder, thrownBy } from "../testing/files.ts";
import { LINE_BYTES_MAX, readLines, splitFields } from "./lines.ts";

async function linesOf(path: string, latin1Allowed = false): Promise<string[]> {
  const lines: string[] = [];
  for await (const chunk of readLines(path, { latin1Allowed })) {
    expect(chunk.firstLine).toBe(lines.length + 1);
    lines.push(...chunk.lines);
  }
  return lines;
}

describe("lines of a file", () => {
  test("plain or gzipped, with either line end, with a byte-order mark or not, the lines are the same", async () => {
    await using folder = await createTestFolder();
    const expected = ["one", "", "dré", "four"];
    for (const text of ["one\n\ndré\nfour", "one\r\n\r\ndré\r\nfour\r\n", "\uFEFFone\n\ndré\nfour\n"]) {
      expect(await linesOf(await folder.write("a.txt", text))).toEqual(expected);
      expect(await linesOf(await folder.write("a.txt.gz", text))).toEqual(expected);
    }
  });

  test("gzip is told by its content, not by its name", async () => {
    await using folder = await createTestFolder();
    expect(await linesOf(await folder.write("a.csv", gzipSync("1,2\n")))).toEqual(["1,2"]);
  });

  test("a file of several megabytes keeps every line and number, and its bytes end at its size", async () => {
    await using folder = await createTestFolder();
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index},é,${"x".repeat(index % 17)}`);
    const text = `${lines.join("\n")}\n`;
    expect(await linesOf(await folder.write("a.txt", text))).toEqual(lines);
    expect(await linesOf(await folder.write("a.gz", text))).toEqual(lines);
    let bytesRead = 0;
    for await (const chunk of readLines(await folder.write("a.txt", text))) {
      expect(chunk.bytesRead).toBeGreaterThan(bytesRead);
      bytesRead = chunk.bytesRead;
    }
    expect(bytesRead).toBe(Buffer.byteLength(text));
  });

  test("ISO-8859-1 is read where it is allowed, and only for a file that is not UTF-8", async () => {
    await using folder = await createTestFolder();
    const text = "Misérables, Les (1995)";
    expect(await linesOf(await folder.write("a", Buffer.from(text, "latin1")), true)).toEqual([text]);
    expect(await linesOf(await folder.write("b", Buffer.from(text, "utf8")), true)).toEqual([text]);
  });

  test.each([
    ["not UTF-8, on its own line", Buffer.from("a,b\nc,d\ne,é\nf,g\n", "latin1"), "line 3: not UTF-8"],
    ["UTF-16", Buffer.from("\uFEFFa,b\n", "utf16le"), "line 1: a NUL byte: not UTF-8 text"],
    ["a NUL byte", Buffer.from("a,b\nc,\0\n"), "line 2: a NUL byte"],
    [
      "a line too long within a chunk",
      Buffer.from(`a\n${"x".repeat(LINE_BYTES_MAX + 1)}\nb\n`),
      "line 2 is longer than",
    ],
    ["a line that does not end", Buffer.from(`a\n${"x".repeat(3_000_000)}`), "line 2 is longer than"],
  ])("%s: one line says where and what", async (_, bytes, message) => {
    await using folder = await createTestFolder();
    const path = await folder.write("a.csv", bytes);
    const error = await thrownBy(() => linesOf(path));
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(`${path}: ${message}`);
    expect((error as Error).message).not.toContain("\n");
  });

  test("gzip that is cut off or damaged is said so", async () => {
    await using folder = await createTestFolder();
    const whole = gzipSync(Array.from({ length: 5_000 }, (_, index) => `${index * 7919},x\n`).join(""));
    const cut = await folder.write("a.csv", whole.subarray(0, whole.length / 2));
    await expect(linesOf(cut)).rejects.toThrow(`${cut}: the gzip data is damaged or cut off (unexpected end of file)`);
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 200, 400);
    await expect(linesOf(await folder.write("b.csv", damaged))).rejects.toThrow(UserError);
  });

  test("no file, and a folder instead of a file", async () => {
    await using folder = await createTestFolder();
    await expect(linesOf(join(folder.path, "none.csv"))).rejects.toThrow("none.csv: no such file");
    await mkdir(join(folder.path, "sub"));
    await expect(linesOf(join(folder.path, "sub"))).rejects.toThrow("sub: is a folder; a file is expected");
  });

  test("whatever the bytes, plain or cut gzip: lines, or one UserError", async () => {
    await using folder = await createTestFolder();
    const bytes = fc.uint8Array({ maxLength: 200 });
    const cutGzip = fc.tuple(bytes, fc.nat(40)).map(([data, cut]) => gzipSync(data).subarray(0, cut));
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, cutGzip), fc.boolean(), async (content, latin1Allowed) => {
        const error = await thrownBy(async () => linesOf(await folder.write("a", content), latin1Allowed));
        if (error !== undefined) expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 100 },
    );
  });
});

describe("fields of a line", () => {
  test("quotes around a field, doubled inside", () => {
    expect(splitFields('1,"American President, The (1995)",Comedy', ",")).toEqual([
      "1",
      "American President, The (1995)",
      "Comedy",
    ]);
    expect(splitFields('"a ""b""",""', ",")).toEqual(['a "b"', ""]);
    expect(splitFields("a,,c,", ",")).toEqual(["a", "", "c", ""]);
  });

  test("a quote that is not closed, or closed before the field ends, is none", () => {
    expect(splitFields('1,"open', ",")).toBeUndefined();
    expect(splitFields('1,"a"b', ",")).toBeUndefined();
  });

  test("quoted fields come back as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
        const line = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
        expect(splitFields(line, ",")).toEqual(fields);
      }),
    );
  });
});
