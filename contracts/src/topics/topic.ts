import type { z } from "zod";

/** What a topic file says of itself; `docs/data-model.md` is checked against it. */
export interface Topic<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly version: number;
  /** The field whose value is the record's key: records of one key keep their order. */
  readonly key: string;
  /** Partitions at creation. Raising it later breaks the order per key across the change. */
  readonly partitionCount: number;
  /** What is older may be forgotten by the log. Absent: nothing is. */
  readonly retentionMs?: number;
  readonly schema: Schema;
  readonly example: z.input<Schema>;
}
