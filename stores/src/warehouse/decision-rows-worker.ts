/** The thread that makes rows of decisions (run-decision-rows.ts): batches in the order in which they are asked for. */
import { parentPort } from "node:worker_threads";
import { createDecisionRows } from "./decision-rows.ts";

export interface DecisionRowsJob {
  readonly topic: string;
  readonly partition: number;
  readonly offsets: Float64Array;
  /** Where each record's value ends in `values`. */
  readonly ends: Uint32Array;
  readonly values: Uint8Array<ArrayBuffer>;
}

export type DecisionRowsMessage =
  | {
      readonly kind: "done";
      /** Offsets of records that are no decisions. */
      readonly undecodable: readonly number[];
      /** Of DECISION_COLUMNS. */
      readonly decisions: Uint8Array<ArrayBuffer>;
      /** Of DECISION_ITEM_COLUMNS, features as base64. */
      readonly items: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string | undefined };

const port = parentPort;
if (!port) throw new Error("decision-rows-worker runs as a worker thread");

port.on("message", ({ topic, partition, offsets, ends, values }: DecisionRowsJob) => {
  try {
    const rows = createDecisionRows({ topic, partition });
    const undecodable: number[] = [];
    let from = 0;
    for (const [place, offset] of offsets.entries()) {
      const to = ends[place]!;
      if (!rows.add({ offset, key: "", value: values.subarray(from, to) })) undecodable.push(offset);
      from = to;
    }
    const [decisions, items] = [rows.decisions(), rows.items()];
    const message: DecisionRowsMessage = { kind: "done", undecodable, decisions, items };
    port.postMessage(message, [decisions.buffer, items.buffer]);
  } catch (error) {
    const { message, stack } = error as Error;
    port.postMessage({ kind: "failed", message, stack } satisfies DecisionRowsMessage);
  }
});
