/** UUIDv7 (RFC 9562) of an event: 48 bits of milliseconds, then chance, in lower case as the collector asks. */
import type { EventId } from "@thewatcher/contracts/ids";

/** Fills the array with random bytes: `crypto.getRandomValues` in the browser. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void;

export function uuid7(nowMs: number, fillRandom: FillRandom): EventId {
  const bytes = new Uint8Array(16);
  fillRandom(bytes);
  // Two writes, since shifts in JavaScript work on 32 bits.
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMs / 0x1_0000_0000));
  view.setUint32(2, nowMs >>> 0);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return id as EventId;
}
