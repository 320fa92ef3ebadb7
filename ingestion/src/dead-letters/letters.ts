/**
 * Reading dead letters: out of the log, and out of its archive where the log has forgotten them. A letter's id is its
 * place in the topic, `partition:offset`. A record of the log that was told twice (the sink was killed between the letter
 * and its position) is one letter, the first.
 */
import { topics } from "@thewatcher/contracts/topics";
import { type DeadLetter, type DeadLetterCause, RAW_CHARS_MAX } from "@thewatcher/contracts/topics/dead-letters";
import { UserError } from "@thewatcher/kit/user-error";
import type { ArchiveDeps } from "../archive/archive.ts";
import { openHistory } from "../archive/history.ts";
import { parseLetter, wholeRaw } from "../dead-letter.ts";

export interface PlacedLetter {
  readonly partition: number;
  readonly offset: number;
  readonly letter: DeadLetter;
}

export interface LetterFilter {
  /** `partition:offset`. */
  readonly ids?: readonly string[] | undefined;
  readonly cause?: DeadLetterCause | undefined;
  /** Received at or behind it. */
  readonly since?: number | undefined;
  readonly profile?: string | undefined;
}

export const idOf = ({ partition, offset }: { readonly partition: number; readonly offset: number }): string =>
  `${partition}:${offset}`;

export function parseLetterId(id: string): { readonly partition: number; readonly offset: number } {
  const match = /^(\d{1,5}):(\d{1,15})$/.exec(id);
  if (!match) throw new UserError(`dead letter ${JSON.stringify(id)}: an id is partition:offset, such as 0:42`);
  return { partition: Number(match[1]), offset: Number(match[2]) };
}

/** In the order of the topic, batch by batch. */
export async function* readLetters(
  deps: ArchiveDeps,
  { ids, cause, since, profile }: LetterFilter,
): AsyncGenerator<readonly PlacedLetter[]> {
  const places = ids?.map(parseLetterId);
  const first = places && Math.min(...places.map(({ offset }) => offset));
  const last = places && Math.max(...places.map(({ offset }) => offset));
  const wanted = ids && new Set(places?.map(idOf));
  const told = new Set<string>();
  for (const { partition, read } of await openHistory(deps, topics.deadLetters.name, "auto")) {
    for await (const records of read(first)) {
      if (last !== undefined && records[0]!.offset > last) break;
      yield records.flatMap(({ offset, value }) => {
        const letter = parseLetter(value);
        if (!letter || (wanted && !wanted.has(idOf({ partition, offset })))) return [];
        if (cause !== undefined && letter.cause !== cause) return [];
        if (profile !== undefined && letter.profileId !== profile) return [];
        if (since !== undefined && Date.parse(letter.receivedAt) < since) return [];
        if (letter.record) {
          const place = JSON.stringify(letter.record);
          if (told.has(place)) return [];
          told.add(place);
        }
        return [{ partition, offset, letter }];
      });
    }
  }
}

/** The event as it came, whole: also a record that was too large for its letter, as long as log or archive holds it. */
export async function rawOf(
  deps: ArchiveDeps,
  letter: DeadLetter,
): Promise<{ readonly text: string; readonly bytes: Uint8Array }> {
  const { record } = letter;
  const mayBeCut =
    letter.raw.length >= RAW_CHARS_MAX - 1 && letter.rawRest === undefined && letter.rawBase64 === undefined;
  if (!record || !mayBeCut) return wholeRaw(letter);
  const histories = await openHistory(deps, record.topic, "auto");
  const history = histories.find(({ partition }) => partition === record.partition);
  for await (const records of history?.read(record.offset) ?? []) {
    const found = records.find(({ offset }) => offset === record.offset);
    if (found) return { text: Buffer.from(found.value).toString("utf8"), bytes: found.value };
    break;
  }
  return wholeRaw(letter);
}
