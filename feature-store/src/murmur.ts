/**
 * MurmurHash3, 32 bits, seed 0 (Austin Appleby, public domain), of a text in UTF-8: the one hash that the warehouse has
 * too (`murmurHash3_32`), so that members hashed there and here are the same. Two of n members of one title share a hash
 * with probability n²/2³³: 1 in 500 titles of 4,096 viewers counts one viewer too few until the next table.
 */

const SCRATCH = new Uint8Array(1_024);
const encoder = new TextEncoder();

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const mixed = (k: number): number => {
  const multiplied = Math.imul(k, C1);
  return Math.imul((multiplied << 15) | (multiplied >>> 17), C2);
};

export function murmur32(text: string): number {
  // A character takes at most three bytes.
  const bytes = text.length * 3 <= SCRATCH.length ? SCRATCH : new Uint8Array(text.length * 3);
  const { written: length } = encoder.encodeInto(text, bytes);
  const blocks = length & ~3;
  let h = 0;
  for (let i = 0; i < blocks; i += 4) {
    h ^= mixed(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= blocks; i--) tail = (tail << 8) | bytes[i]!;
  if (length > blocks) h ^= mixed(tail);
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Of a member in the registers' tables, where 0 stands for an empty place. */
export const memberHash = (member: string): number => murmur32(member) || 1;
