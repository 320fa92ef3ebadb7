/** What every event log refuses, in the same words. */
import { UserError } from "@thewatcher/kit/user-error";
import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX, KEY_BYTES_MAX, type NewRecord, RECORD_BYTES_MAX } from "./port.ts";

/** Kafka's rule for names of topics, so that a name good here is good there. */
const TOPIC_PATTERN = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;
/** A partition costs files and threads on a broker; a cinema needs tens. */
export const PARTITIONS_MAX = 1_024;

export function checkTopic(topic: { readonly name: string; readonly partitionCount: number }): void {
  if (!TOPIC_PATTERN.test(topic.name)) {
    throw new RangeError(
      `event log: topic ${JSON.stringify(topic.name)} is refused; a name is 1 to 249 letters, digits and . _ -`,
    );
  }
  if (!Number.isInteger(topic.partitionCount) || topic.partitionCount < 1 || topic.partitionCount > PARTITIONS_MAX) {
    throw new RangeError(
      `event log: topic ${topic.name} asks for ${topic.partitionCount} partitions; 1 to ${PARTITIONS_MAX} are accepted`,
    );
  }
}

/** Where the topic exists already with another number of partitions. */
export function partitionCountDiffers(name: string, found: number, asked: number): Error {
  return new UserError(
    `event log: topic ${name} exists with ${found} partitions, ${asked} were asked for; keys would change their partition: ask for ${found}, or append to a topic of another name and replay into it`,
  );
}

/** UTF-8 bytes of each record's value, or a refusal that names the record. */
export function checkRecords(topic: string, records: readonly NewRecord[]): Uint32Array {
  if (records.length > APPEND_RECORDS_MAX) {
    throw new RangeError(
      `event log: ${records.length} records in one append to ${topic}; at most ${APPEND_RECORDS_MAX} are accepted`,
    );
  }
  const valueBytes = new Uint32Array(records.length);
  let total = 0;
  for (let index = 0; index < records.length; index++) {
    const { key, value } = records[index]!;
    // A UTF-16 unit is at most three bytes of UTF-8: most keys need no counting.
    if (key.length * 3 > KEY_BYTES_MAX) {
      const keyBytes = Buffer.byteLength(key);
      if (keyBytes > KEY_BYTES_MAX) throw refused(topic, index, `a key of ${keyBytes} bytes`, KEY_BYTES_MAX);
    }
    const bytes = typeof value === "string" ? Buffer.byteLength(value) : value.length;
    if (bytes > RECORD_BYTES_MAX) throw refused(topic, index, `a value of ${bytes} bytes`, RECORD_BYTES_MAX);
    valueBytes[index] = bytes;
    total += key.length + bytes;
  }
  if (total > APPEND_BYTES_MAX) {
    throw new RangeError(
      `event log: ${total} bytes in one append to ${topic}; at most ${APPEND_BYTES_MAX} are accepted; none of the batch was appended`,
    );
  }
  return valueBytes;
}

function refused(topic: string, index: number, what: string, accepted: number): RangeError {
  return new RangeError(
    `event log: record ${index} of the append to ${topic} has ${what}; at most ${accepted} are accepted; none of the batch was appended`,
  );
}

/** The limits of a read: at least one record and one byte. */
export function checkReadLimits(limits: { readonly recordsMax: number; readonly bytesMax: number }): void {
  if (!Number.isInteger(limits.recordsMax) || limits.recordsMax < 1) {
    throw new RangeError(`event log: recordsMax is ${limits.recordsMax}; an integer ≥ 1 is accepted`);
  }
  if (!(limits.bytesMax >= 1)) throw new RangeError(`event log: bytesMax is ${limits.bytesMax}; ≥ 1 is accepted`);
}
