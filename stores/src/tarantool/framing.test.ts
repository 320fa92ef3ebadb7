import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFramer } from "./framing.ts";

const LIMIT = 4_096;

function frame(content: Uint8Array): Buffer {
  const head = Buffer.of(0xce, 0, 0, 0, 0);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** `bytes` in pieces that end at `cuts`. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

function framesOf(pieces: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  const push = createFramer({ frameBytesMax: LIMIT, onFrame: (each) => frames.push(Buffer.from(each)) });
  for (const piece of pieces) push(Buffer.from(piece));
  return frames;
}

describe("frames", () => {
  const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });

  test("come out as they went in, wherever the stream is cut", () => {
    fc.assert(
      fc.property(contents, fc.array(fc.nat()), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(frame));
        expect(framesOf(piecesOf(stream, cuts))).toEqual(sent.map((content) => Buffer.from(content)));
      }),
    );
  });

  test("come out of single bytes, and several out of one chunk", () => {
    const sent = [Buffer.from("first"), Buffer.alloc(LIMIT, 7), Buffer.from("x")];
    const stream = Buffer.concat(sent.map(frame));
    expect(framesOf([...stream].map((byte) => Buffer.of(byte)))).toEqual(sent);
    expect(framesOf([stream])).toEqual(sent);
  });

  test("that announce too much, or nothing, or don't begin as frames do, are refused before they are kept", () => {
    expect(() => framesOf([frame(Buffer.alloc(LIMIT + 1))])).toThrow("a frame of 4097 bytes; between 1 and 4096");
    expect(() => framesOf([Buffer.of(0xce, 0xff, 0xff, 0xff, 0xff)])).toThrow("a frame of 4294967295 bytes");
    expect(() => framesOf([frame(Buffer.alloc(0))])).toThrow("a frame of 0 bytes");
    expect(() => framesOf([Buffer.from("HTTP/1.1 400 Bad Request")])).toThrow("begins with 0xce, got 0x48");
    expect(() => framesOf([..."HTTP/1.1"].map((letter) => Buffer.from(letter)))).toThrow("got 0x48");
  });

  test("of garbage end in an error or in nothing, never in a loop", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat()), (bytes, cuts) => {
        try {
          for (const each of framesOf(piecesOf(Buffer.from(bytes), cuts))) expect(each.length).toBeGreaterThan(0);
        } catch (error) {
          expect(String(error)).toMatch(/a frame/);
        }
      }),
    );
  });
});
