/**
 * One live state as bytes: msgpack with record shapes inside each value (300 titles: 12 KB and 70 µs to read; JSON 38 KB,
 * 160 µs). Its revision is the first half of the SHA-256 of those bytes.
 */
import { hash } from "node:crypto";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { Packr } from "msgpackr";

export const REVISION_BYTES = 16;

const packr = new Packr({ useRecords: true });

export const packState = (state: ProfileState): Buffer => packr.pack(state);

export const revisionOf = (packed: Buffer): Buffer => hash("sha256", packed, "buffer").subarray(0, REVISION_BYTES);

/** `start` and `end`: where in `bytes` it lies. */
export function unpackState(bytes: Buffer, start = 0, end = bytes.length): ProfileState {
  return packr.unpack(bytes, { start, end }) as ProfileState;
}
