/** The worker thread of one training: takes a job, reports progress, posts the outcome, ends. */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { type EngineJob, type EngineOutcome, runEngineJob } from "./engine-job.ts";

export type WorkerMessage =
  | { readonly kind: "progress"; readonly stage: string; readonly fraction: number }
  | { readonly kind: "done"; readonly outcome: EngineOutcome }
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly stack: string | undefined;
      readonly userError: boolean;
    };

const port = parentPort;
if (!port) throw new Error("engine-worker runs as a worker thread");
const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/** Fifty reports a second are enough for any bar. */
const PROGRESS_EVERY_MS = 20;
let reportedMs = Number.NEGATIVE_INFINITY;

try {
  const outcome = await runEngineJob(workerData as EngineJob, {
    monotonicMs: systemClock.monotonicMs,
    progress: ({ stage, fraction }) => {
      const nowMs = systemClock.monotonicMs();
      if (nowMs - reportedMs < PROGRESS_EVERY_MS && fraction < 1) return;
      reportedMs = nowMs;
      post({ kind: "progress", stage, fraction });
    },
  });
  post({ kind: "done", outcome }, [
    outcome.lists.itemIndices.buffer as ArrayBuffer,
    outcome.lists.scores.buffer as ArrayBuffer,
    outcome.model.buffer,
  ]);
} catch (error) {
  const { message, stack } = error as Error;
  post({ kind: "failed", message, stack, userError: error instanceof UserError });
}
