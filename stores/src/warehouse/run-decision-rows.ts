/**
 * Rows of decisions, made in a thread of their own: 0.5 to 1 ms and 430 KB of garbage a page, which was a quarter of the
 * processor time and almost half of the garbage of a process that also composes the pages. What is left here is one copy
 * of the records' bytes. The thread starts with the first batch; one that ended starts anew with the next.
 */
import { Worker } from "node:worker_threads";
import { workerOf } from "@thewatcher/kit/entry";
import type { RecordBatch } from "../event-log/port.ts";
import type { DecisionRowsJob, DecisionRowsMessage } from "./decision-rows-worker.ts";

export type DecisionRows = Extract<DecisionRowsMessage, { kind: "done" }>;

export interface DecisionRowsThread {
  make(batch: RecordBatch): Promise<DecisionRows>;
  close(): Promise<void>;
}

interface Asked {
  resolve(rows: DecisionRows): void;
  reject(error: Error): void;
}

export function createDecisionRowsThread(): DecisionRowsThread {
  let running: Worker | undefined;
  /** In the order of the answers. */
  let asked: Asked[] = [];

  function start(): Worker {
    const { source, eval: isCode, execArgv } = workerOf(import.meta.url, "./decision-rows-worker");
    const worker = new Worker(source, { eval: isCode, execArgv: [...execArgv] });
    const failAll = (error: Error): void => {
      if (running !== worker) return;
      running = undefined;
      const failed = asked;
      asked = [];
      for (const { reject } of failed) reject(error);
    };
    worker.on("message", (message: DecisionRowsMessage) => {
      const first = asked.shift();
      // What waits for rows keeps the process alive, the idle thread does not.
      if (asked.length === 0) worker.unref();
      if (message.kind === "done") return first?.resolve(message);
      const error = new Error(message.message);
      if (message.stack) error.stack = message.stack;
      first?.reject(error);
    });
    worker.on("error", failAll);
    worker.on("exit", (code) => failAll(new Error(`the thread that makes rows of decisions ended with code ${code}`)));
    return worker;
  }

  return {
    make(batch) {
      const job = jobOf(batch);
      running ??= start();
      const worker = running;
      return new Promise((resolve, reject) => {
        worker.ref();
        asked.push({ resolve, reject });
        worker.postMessage(job, [job.offsets.buffer, job.ends.buffer, job.values.buffer] as ArrayBuffer[]);
      });
    },
    async close() {
      await running?.terminate();
    },
  };
}

/** The records' values one behind the other, in memory that can be handed over: the log's own stays the log's. */
function jobOf({ topic, partition, records }: RecordBatch): DecisionRowsJob {
  const offsets = Float64Array.from(records, ({ offset }) => offset);
  const ends = new Uint32Array(records.length);
  let bytes = 0;
  for (const [place, { value }] of records.entries()) {
    bytes += value.length;
    ends[place] = bytes;
  }
  const values = new Uint8Array(bytes);
  for (const [place, { value }] of records.entries()) values.set(value, place === 0 ? 0 : ends[place - 1]);
  return { topic, partition, offsets, ends, values };
}
