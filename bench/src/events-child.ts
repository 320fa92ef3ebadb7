/**
 * One end of the event path, or both, in a process of its own: a collector that listens, a sink that reads. The embedded
 * stores belong to one process, so there both are one. Says what the sink did, insert by insert.
 */
import { EVENT_TOPICS } from "@thewatcher/contracts/topics";
import { createCollector } from "@thewatcher/ingestion/collector";
import { createSink } from "@thewatcher/ingestion/sink";
import { assert } from "@thewatcher/kit/assert";
import { systemClock } from "@thewatcher/kit/clock";
import { listen } from "@thewatcher/kit/http";
import { createTokenVerifier, tokenKeysOf } from "@thewatcher/kit/internal-token";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { openLog, openWarehouse } from "./event-stores.ts";

export interface EventsJob {
  readonly logUrl: string;
  readonly warehouseUrl: string;
  readonly parts: readonly ("collector" | "sink")[];
  readonly internalKey: string;
  /** The first insert waits until the parent says "go". */
  readonly gated: boolean;
}

export type EventsMessage =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "inserted"; readonly rows: number }
  | { readonly kind: "failed"; readonly reason: string };

const say = (message: EventsMessage): void => void process.send?.(message);
const [text] = process.argv.slice(2);
assert(text !== undefined, "a job");
const job = JSON.parse(text) as EventsJob;
const lifecycle = createLifecycle(silentLog);
let go: () => void = () => undefined;
const gate = job.gated ? new Promise<void>((resolve) => (go = resolve)) : Promise.resolve();
process.on("message", (message) => {
  if (message === "go") go();
});
process.on("SIGTERM", () => {
  void lifecycle.close().then(() => process.exit(0));
});

const eventLog = lifecycle.own("event log", await openLog(job.logUrl), (it) => it.close());
let url = "";
if (job.parts.includes("sink")) {
  const warehouse = lifecycle.own("warehouse", await openWarehouse(job.warehouseUrl), (it) => it.close());
  await warehouse.migrate();
  const sink = createSink({
    eventLog,
    warehouse: {
      async insertEvents(batch) {
        await gate;
        return warehouse.insertEvents(batch);
      },
      async advance(range) {
        const reached = await warehouse.advance(range);
        say({ kind: "inserted", rows: range.rows });
        return reached;
      },
      positions: () => warehouse.positions(),
    },
    clock: systemClock,
    log: {
      ...silentLog,
      warn: (...about: unknown[]) =>
        say({ kind: "failed", reason: String((about[0] as { err?: unknown })?.err ?? about) }),
    } as typeof silentLog,
  });
  lifecycle.own("sink", sink, (it) => it.close());
  await sink.start();
}
if (job.parts.includes("collector")) {
  for (const topic of EVENT_TOPICS) await eventLog.bounds(topic);
  const { publicKey } = tokenKeysOf(job.internalKey);
  const collector = createCollector({
    eventLog,
    verifier: createTokenVerifier({ publicKey, audience: "ingestion", clock: systemClock }),
    stated: async () => {
      throw new Error("nothing is stated here");
    },
    knownTitle: () => undefined,
    clock: systemClock,
    log: silentLog,
  });
  const server = await listen(collector, { hostname: "127.0.0.1", port: 0 });
  lifecycle.own("listener", server, (it) => it.close(1_000));
  url = server.url;
}
say({ kind: "ready", url });
