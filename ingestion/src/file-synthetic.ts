/**
 * How records of the synthetic viewer are filed: at their place, with their id and instants, so that the warehouse still
 * has a row for each record of the log, but with a type that no reader asks for and no payload, and so without a title. That
 * is what keeps them out of training, popularity, features, exposure, joins and counts, which all ask for types or titles.
 */
import { isSyntheticProfile, SYNTHETIC_EVENT_TYPE } from "@thewatcher/contracts/synthetic";
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import { decodeRecord } from "./decode-record.ts";

/** The same array where there is none of them, as in nearly every batch. */
export function fileSynthetic(records: readonly LogRecord[]): readonly LogRecord[] {
  if (!records.some(({ key }) => isSyntheticProfile(key))) return records;
  return records.map((record) => {
    if (!isSyntheticProfile(record.key)) return record;
    const event = decodeRecord(record.value);
    // What is no event is a dead letter, whoever it is of.
    if (!event) return record;
    const filed = { ...event, type: SYNTHETIC_EVENT_TYPE, payload: {} };
    return { ...record, value: Buffer.from(JSON.stringify(filed)) };
  });
}
