/**
 * One segment as a Parquet file: the record as it lies in the log (`partition`, `offset`, `key`, `value`), and beside it
 * what other programs look for and skip by (`eventId`, `type`, `profileId`, `occurredAt`, `receivedAt`; null where the
 * record does not say). Only the first four are read back: the rest is a reading of `value`.
 */
import type { LogRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import { parquetReadObjects } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import { decodeRecord } from "../decode-record.ts";

/** Encoded between two turns of the event loop, and a row group: 2,000 events take 20 ms, and pages are served beside it. */
const ROWS_PER_TURN = 2_000;

const COLUMNS = [
  { name: "partition", type: "INT32", nullable: false },
  { name: "offset", type: "INT64", nullable: false },
  { name: "key", type: "STRING", nullable: false },
  // Hardly a value comes twice: no dictionary. Its bounds tell nothing.
  { name: "value", type: "BYTE_ARRAY", nullable: false, encoding: "PLAIN", statistics: false },
  { name: "eventId", type: "STRING", encoding: "PLAIN" },
  { name: "type", type: "STRING" },
  { name: "profileId", type: "STRING" },
  { name: "occurredAt", type: "TIMESTAMP" },
  { name: "receivedAt", type: "TIMESTAMP" },
] as const satisfies readonly Omit<ColumnSource, "data">[];

const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function encodeSegment(batch: RecordBatch, signal?: AbortSignal): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const empty = COLUMNS.map((column) => ({ ...column, data: [] }));
  const file = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: empty }) });
  for (let start = 0; start < batch.records.length; start += ROWS_PER_TURN) {
    if (start > 0) await othersTurn();
    signal?.throwIfAborted();
    const rows = batch.records.slice(start, start + ROWS_PER_TURN);
    await file.write({ columnData: columnsOf(batch.partition, rows), rowGroupSize: ROWS_PER_TURN });
  }
  await file.finish();
  return writer.getBytes();
}

function columnsOf(partition: number, records: readonly LogRecord[]): ColumnSource[] {
  const read = records.map(({ value }) => decodeRecord(value) ?? {});
  const texts = (name: string) =>
    read.map((fields) => {
      const value = fields[name];
      return typeof value === "string" ? value : null;
    });
  const instants = (name: string) => texts(name).map(instantOf);
  const data: { readonly [Name in (typeof COLUMNS)[number]["name"]]: ColumnSource["data"] } = {
    partition: new Int32Array(records.length).fill(partition),
    offset: records.map(({ offset }) => BigInt(offset)),
    key: records.map(({ key }) => key),
    value: records.map(({ value }) => value),
    eventId: texts("eventId"),
    type: texts("type"),
    profileId: texts("profileId"),
    occurredAt: instants("occurredAt"),
    receivedAt: instants("receivedAt"),
  };
  return COLUMNS.map((column) => ({ ...column, data: data[column.name] }));
}

function instantOf(text: string | null): Date | null {
  if (text === null) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : new Date(at);
}

/** In the order of offsets. */
export async function decodeSegment(file: Uint8Array): Promise<readonly LogRecord[]> {
  const { buffer, byteOffset, byteLength } = file;
  const rows = await parquetReadObjects({
    file: {
      byteLength,
      slice: (start, end) => buffer.slice(byteOffset + start, byteOffset + (end ?? byteLength)) as ArrayBuffer,
    },
    columns: ["offset", "key", "value"],
    // Else a column of bytes comes back as text, and what is no UTF-8 changed.
    utf8: false,
  });
  return rows.map((row) => ({
    offset: Number(row.offset),
    key: String(row.key),
    value: row.value as Uint8Array,
  }));
}
