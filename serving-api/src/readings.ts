/** Reading from a store that may be slow or away: an answer in time, or why there is none. */
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Reading } from "./request.ts";

/** Waits for all `reads` until the deadline. One that failed or came late is a value: the slate is composed without it. */
export async function readAll<Values extends readonly unknown[]>(
  deps: { readonly clock: Clock; readonly log: Log; readonly deadlineMs: number },
  reads: { readonly [Key in keyof Values]: () => Promise<Values[Key]> },
): Promise<{ readonly [Key in keyof Values]: Reading<Values[Key]> }> {
  const { clock, log, deadlineMs } = deps;
  const deadline = new AbortController();
  const late: Promise<Reading<never>> = clock.sleep(deadlineMs, deadline.signal).then(
    () => ({ kind: "failed", cause: "timed_out", detail: `No answer within ${deadlineMs} ms.` }),
    () => ({ kind: "failed", cause: "timed_out", detail: "The request ended." }),
  );
  const readings = await Promise.all(reads.map((read) => Promise.race([attempt(log, read), late])));
  deadline.abort();
  return readings as never;
}

async function attempt<Value>(log: Log, read: () => Promise<Value>): Promise<Reading<Value>> {
  try {
    return { kind: "read", value: await read() };
  } catch (error) {
    log.warn({ err: error }, "a reading failed; the answer goes without it");
    return { kind: "failed", cause: "unavailable", detail: "The store did not answer." };
  }
}
