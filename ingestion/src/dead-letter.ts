/** Dead letters on their way into the log and out of it: what could not become an event, kept whole with its cause. */
import { isUtf8 } from "node:buffer";
import { DeadLetter, RAW_CHARS_MAX } from "@thewatcher/contracts/topics/dead-letters";
import type { NewRecord } from "@thewatcher/stores/event-log/port";
import { RECORD_BYTES_MAX } from "@thewatcher/stores/event-log/port";
import type { Refusal, Sender } from "./judge.ts";

type Raw = Pick<DeadLetter, "raw" | "rawRest" | "rawBase64">;

export function letterOf(refusal: Refusal, sender: Sender, raw: string): DeadLetter {
  return {
    version: 1,
    cause: refusal.cause,
    detail: refusal.detail,
    profileId: sender.profileId,
    device: sender.device,
    country: sender.country,
    receivedAt: sender.receivedAtText,
    ...rawText(raw),
    ...(sender.isMachine ? { fromMachine: true } : {}),
  };
}

export const deadLetterRecord = (letter: DeadLetter): NewRecord => ({
  key: letter.profileId,
  value: JSON.stringify(letter),
});

/** A letter for a record that is no event. One too large to stand in a letter beside all else is told by its place. */
export function recordLetterRecord(
  letter: Omit<DeadLetter, keyof Raw> & { readonly record: NonNullable<DeadLetter["record"]> },
  bytes: Uint8Array,
): NewRecord {
  const whole = deadLetterRecord({ ...letter, ...rawBytes(bytes) });
  if (Buffer.byteLength(whole.value) <= RECORD_BYTES_MAX) return whole;
  const detail = `${letter.detail}; its ${bytes.length} bytes stay where they lie`;
  return deadLetterRecord({ ...letter, detail, raw: rawText(Buffer.from(bytes).toString("utf8")).raw });
}

function rawText(text: string): Raw {
  if (text.length <= RAW_CHARS_MAX) return { raw: text };
  const isPair = /[\uD800-\uDBFF]/.test(text.charAt(RAW_CHARS_MAX - 1));
  const end = isPair ? RAW_CHARS_MAX - 1 : RAW_CHARS_MAX;
  return { raw: text.slice(0, end), rawRest: text.slice(end) };
}

function rawBytes(bytes: Uint8Array): Raw {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  if (isUtf8(buffer)) return rawText(text);
  return { raw: rawText(text).raw, rawBase64: buffer.toString("base64") };
}

/** The letter in a record of the log; undefined where it is none. */
export function parseLetter(value: Uint8Array): DeadLetter | undefined {
  try {
    return DeadLetter.safeParse(JSON.parse(Buffer.from(value).toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/** What could not become an event, as it came. */
export function wholeRaw(letter: DeadLetter): { readonly text: string; readonly bytes: Uint8Array } {
  if (letter.rawBase64 !== undefined) {
    return { text: letter.raw, bytes: Buffer.from(letter.rawBase64, "base64") };
  }
  const text = letter.raw + (letter.rawRest ?? "");
  return { text, bytes: Buffer.from(text, "utf8") };
}
