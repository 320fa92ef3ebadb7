/**
 * Trains the ranker in a worker thread of its own, so that pages are served meanwhile, and so that what TensorFlow.js
 * hangs on its process (handlers of uncaught errors) ends with the thread. An abort ends it at once.
 */
import { Worker } from "node:worker_threads";
import { workerOf } from "@thewatcher/kit/entry";
import { RANKER_DECISIONS_MIN, type RankerOutcome } from "./judge-ranker.ts";
import type { RankerJob, RankerMessage } from "./ranker-worker.ts";
import { decisionCount } from "./rows.ts";

export function trainRankerInWorker(
  job: RankerJob,
  control: {
    readonly progress?: ((progress: { stage: string; fraction: number }) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RankerOutcome> {
  const decisions = decisionCount(job.rows);
  if (decisions < RANKER_DECISIONS_MIN) {
    return Promise.resolve({ kind: "too_few", decisions, needed: RANKER_DECISIONS_MIN });
  }
  const { source, eval: isCode, execArgv } = workerOf(import.meta.url, "./ranker-worker");
  return new Promise((resolve, reject) => {
    control.signal?.throwIfAborted();
    const worker = new Worker(source, { eval: isCode, workerData: job, execArgv: [...execArgv] });
    const onAbort = () => {
      void worker.terminate();
      reject(control.signal?.reason);
    };
    control.signal?.addEventListener("abort", onAbort, { once: true });
    worker.on("message", (message: RankerMessage) => {
      if (message.kind === "progress") control.progress?.(message);
      if (message.kind === "done") resolve(message.outcome);
      if (message.kind === "failed") {
        const error = new Error(message.message);
        if (message.stack) error.stack = message.stack;
        reject(error);
      }
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      control.signal?.removeEventListener("abort", onAbort);
      reject(new Error(`the ranker's training thread ended with code ${code} before it answered`));
    });
  });
}
