/**
 * Typed arrays as short, exact text inside JSON: `$<type><bytes>:<base64>`, little-endian. The type is the array's, the
 * bytes are what an element takes here: integers in as few as hold all of them (a place among 400 candidates takes 2), and
 * floats in one where all are whole numbers up to 255 (switches, counts, genres). `$i0:<count>` is 0, 1, 2 … count − 1.
 *
 * Decimal text of the same doubles takes 18 characters an element; base64 takes 10.7, and a tenth of the time.
 */
import { assert } from "./assert.ts";

export type Packable = Int32Array | Uint32Array | Float32Array | Float64Array;

const TYPES = { i: Int32Array, u: Uint32Array, f: Float32Array, d: Float64Array } as const;
type Letter = keyof typeof TYPES;

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
assert(isLittleEndian, "a little-endian machine");

const textOf = (array: Uint8Array | Uint16Array | Packable): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

/** Bytes that hold every element: 0 for the numbers from 0 up, 1 or 2 for small whole ones, else the type's own. */
function widthOf(array: Packable): number {
  const { length } = array;
  let max = 0;
  let counting = true;
  for (let place = 0; place < length; place++) {
    const value = array[place]!;
    // −0 is no whole number here: its sign would be lost.
    if (!(value >= 0 && value <= 65_535 && Math.floor(value) === value) || Object.is(value, -0)) {
      return array.BYTES_PER_ELEMENT;
    }
    if (value !== place) counting = false;
    if (value > max) max = value;
  }
  if (counting) return 0;
  return max <= 255 ? 1 : 2;
}

export function pack(array: Packable): string {
  const letter: Letter =
    array instanceof Int32Array ? "i" : array instanceof Uint32Array ? "u" : array instanceof Float32Array ? "f" : "d";
  const width = widthOf(array);
  if (width === 0) return `$${letter}0:${array.length}`;
  if (width === 1) return `$${letter}1:${textOf(new Uint8Array(array))}`;
  if (width === 2) return `$${letter}2:${textOf(new Uint16Array(array))}`;
  return `$${letter}${width}:${textOf(array)}`;
}

/** Throws where the text is none of `pack`. */
export function unpack(text: string): Packable {
  const letter = text[1] as Letter;
  const width = Number(text[2]);
  const type = TYPES[letter];
  const isPacked =
    text[0] === "$" &&
    text[3] === ":" &&
    type !== undefined &&
    (width === 0 || width === 1 || width === 2 || width === type.BYTES_PER_ELEMENT);
  if (!isPacked) throw new Error(`${JSON.stringify(text.slice(0, 8))} is no packed array`);
  if (width === 0) return new type(Number(text.slice(4))).map((_, place) => place);
  const bytes = Buffer.from(text.slice(4), "base64");
  if (bytes.length % width !== 0) throw new Error(`a packed array of ${bytes.length} bytes, ${width} each`);
  // A copy is aligned, which a slice of Buffer's pool need not be.
  const { buffer } = Uint8Array.from(bytes);
  if (width === 1) return new type(new Uint8Array(buffer));
  if (width === 2) return new type(new Uint16Array(buffer));
  return new type(buffer);
}

/** As `unpack`, for text that is known to hold an array of this type. */
export function unpackAs<Letters extends Letter>(letter: Letters, text: string): InstanceType<(typeof TYPES)[Letters]> {
  const array = unpack(text);
  assert(array instanceof TYPES[letter], "an array of the type", () => `${letter}, not ${text.slice(0, 3)}`);
  return array as InstanceType<(typeof TYPES)[Letters]>;
}
