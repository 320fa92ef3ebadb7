/** Starts the worker thread of one training and waits for it. An abort ends the thread at once. */
import { Worker } from "node:worker_threads";
import { workerOf } from "@thewatcher/kit/entry";
import { UserError } from "@thewatcher/kit/user-error";
import type { EngineJob, EngineOutcome } from "./engine-job.ts";
import type { WorkerMessage } from "./engine-worker.ts";

export function runInWorker(
  job: EngineJob,
  control: {
    readonly progress?: ((progress: { stage: string; fraction: number }) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<EngineOutcome> {
  const { source, eval: isCode, execArgv } = workerOf(import.meta.url, "./engine-worker");
  return new Promise((resolve, reject) => {
    control.signal?.throwIfAborted();
    const worker = new Worker(source, {
      eval: isCode,
      workerData: job,
      execArgv: [...execArgv],
      transferList: [job.userIndices, job.itemIndices, job.weights, job.occurredAt].map(
        (column) => column.buffer as ArrayBuffer,
      ),
    });
    const onAbort = () => {
      void worker.terminate();
      reject(control.signal?.reason);
    };
    control.signal?.addEventListener("abort", onAbort, { once: true });
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "progress") control.progress?.(message);
      if (message.kind === "done") resolve(message.outcome);
      if (message.kind === "failed") {
        const error = message.userError ? new UserError(message.message) : new Error(message.message);
        if (message.stack && !message.userError) error.stack = message.stack;
        reject(error);
      }
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      control.signal?.removeEventListener("abort", onAbort);
      reject(new Error(`the training thread ended with code ${code} before it answered`));
    });
  });
}
