import { createHash } from "node:crypto";
import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { body, decodeReply, parseGreeting, requestHead, scramble } from "./protocol.ts";
import { frameOf, GREETING, refusalOf, replyTo } from "./testing/scripted-server.ts";

const contentOf = (frame: Buffer) => frame.subarray(5);
const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest();

describe("the greeting", () => {
  test("says the version and the salt", () => {
    expect(parseGreeting(GREETING)).toEqual({ version: "2.6.0", salt: Buffer.alloc(32, 7) });
  });

  test("of another server is named", () => {
    const http = Buffer.from("HTTP/1.1 400 Bad Request\r\n".padEnd(128, "\0"));
    expect(() => parseGreeting(http)).toThrow('no Tarantool: it begins with "HTTP/1.1 400 Bad Req"');
  });
});

test("a password is proven without being shown: the server, which keeps sha1(sha1(password)), finds sha1(password) in it", () => {
  const salt = Buffer.from("0123456789abcdefghijklmnopqrstuv");
  const sent = scramble("секрет", salt);
  const kept = sha1(sha1(Buffer.from("секрет")));
  const mask = sha1(Buffer.concat([salt.subarray(0, 20), kept]));
  expect(sha1(Buffer.from(sent.map((byte, i) => byte ^ mask[i]!)))).toEqual(kept);
});

describe("a request", () => {
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });

  test("is its size, its header and its body", () => {
    const content = body.call("f", [1, "два", Buffer.of(0, 255)]);
    const head = requestHead(10, 0xfedcba98, content.length);
    expect(head.readUInt32BE(1)).toBe(head.length - 5 + content.length);
    const [header, decoded] = unpackr.unpackMultiple(Buffer.concat([head.subarray(5), content])) as Map<
      number,
      unknown
    >[];
    expect(header).toEqual(
      new Map([
        [0, 10],
        [1, 0xfedcba98],
      ]),
    );
    expect(decoded?.get(0x22)).toBe("f");
    expect(decoded?.get(0x21)).toEqual([1, "два", Buffer.of(0, 255)]);
  });
});

describe("a reply", () => {
  test("is data, or an error with its code", () => {
    expect(decodeReply(contentOf(replyTo(7, ["a", null])))).toEqual({
      sync: 7,
      schemaVersion: 80,
      outcome: { kind: "data", data: ["a", null] },
    });
    expect(decodeReply(contentOf(refusalOf(8, 47, "Incorrect password"))).outcome).toEqual({
      kind: "error",
      code: 47,
      message: "Incorrect password",
    });
  });

  test("has its integers exact: numbers as long as they are, bigints beyond", () => {
    const data = [2n ** 64n - 1n, 2n ** 53n + 1n, -(2n ** 63n), 2 ** 40, -5];
    const { outcome } = decodeReply(contentOf(replyTo(1, data)));
    expect(outcome).toEqual({ kind: "data", data: [2n ** 64n - 1n, 2n ** 53n + 1n, -(2n ** 63n), 2 ** 40, -5] });
  });

  test("that is none is an error, whatever its bytes", () => {
    expect(() => decodeReply(contentOf(frameOf(new Map(), new Map())))).toThrow("without a type");
    expect(() => decodeReply(Buffer.of(1, 2))).toThrow("without a header");
    const whole = contentOf(replyTo(3, ["x".repeat(40), [1, 2, 3]]));
    const spoiled = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, byte]) => Buffer.from(whole.map((old, i) => (i === at ? byte : old))));
    fc.assert(
      fc.property(fc.oneof(spoiled, fc.uint8Array({ minLength: 1, maxLength: 200 })), (bytes) => {
        try {
          expect(decodeReply(Buffer.from(bytes)).outcome.kind).toMatch(/data|error/);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
