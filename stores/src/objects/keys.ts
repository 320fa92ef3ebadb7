/** What every object store refuses, in the same words. */
import { OBJECT_KEY_PATTERN } from "./port.ts";

export const OBJECT_KEY_BYTES_MAX = 512;
/** A folder's file names end at 255 bytes; some file systems take less. */
export const OBJECT_SEGMENT_BYTES_MAX = 200;
export const OBJECT_LIST_MAX = 1_000;
/** An object is held in memory whole. The largest is a model: 200 MB for ten million profiles' factors. */
export const OBJECT_BYTES_MAX = 1_073_741_824;

export function checkObjectKey(key: string): void {
  const fits =
    key.length <= OBJECT_KEY_BYTES_MAX &&
    OBJECT_KEY_PATTERN.test(key) &&
    key.split("/").every((segment) => segment.length <= OBJECT_SEGMENT_BYTES_MAX);
  if (fits) return;
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new RangeError(
    `objects: key ${shown} is refused; segments of letters, digits and . _ - (1 to ${OBJECT_SEGMENT_BYTES_MAX}, not . or ..) joined by /, at most ${OBJECT_KEY_BYTES_MAX} bytes are accepted`,
  );
}

export function checkListLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > OBJECT_LIST_MAX) {
    throw new RangeError(`objects: a list of ${limit} is refused; 1 to ${OBJECT_LIST_MAX} are accepted`);
  }
}

export function checkObjectBytes(key: string, bytes: number): void {
  if (bytes > OBJECT_BYTES_MAX) {
    throw new RangeError(
      `objects: ${key} of ${bytes} bytes is refused; at most ${OBJECT_BYTES_MAX} are accepted: cut it into several`,
    );
  }
}
