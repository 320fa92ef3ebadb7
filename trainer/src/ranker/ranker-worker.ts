/** The worker thread of a training of the ranker: takes rows and options, reports progress, posts the outcome, ends. */
import { parentPort, workerData } from "node:worker_threads";
import { type RankerOutcome, trainAndJudge } from "./judge-ranker.ts";
import type { RankerRows } from "./rows.ts";
import type { TrainRankerOptions } from "./train-ranker.ts";

export interface RankerJob {
  readonly rows: RankerRows;
  readonly options: Pick<TrainRankerOptions, "seed" | "version" | "trainedAt">;
}

export type RankerMessage =
  | { readonly kind: "progress"; readonly stage: string; readonly fraction: number }
  | { readonly kind: "done"; readonly outcome: RankerOutcome }
  | { readonly kind: "failed"; readonly message: string; readonly stack: string | undefined };

const port = parentPort;
if (!port) throw new Error("ranker-worker runs as a worker thread");
const post = (message: RankerMessage): void => port.postMessage(message);

try {
  const { rows, options } = workerData as RankerJob;
  const outcome = await trainAndJudge(rows, {
    ...options,
    progress: (progress) => post({ kind: "progress", ...progress }),
  });
  post({ kind: "done", outcome });
} catch (error) {
  const { message, stack } = error as Error;
  post({ kind: "failed", message, stack });
}
// TensorFlow.js leaves handlers behind that would keep the thread.
port.close();
