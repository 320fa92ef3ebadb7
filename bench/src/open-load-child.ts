/**
 * Load that does not wait for answers: requests begin at instants that were drawn beforehand (a Poisson stream), whether
 * the server keeps up or not, and an answer's time counts from that instant. A generator that waits for the answer before
 * it asks again measures the requests that a slow server kept it from sending as if they had never been wanted.
 */
import { Agent, request as httpRequest } from "node:http";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { OpenAsk, OpenLoadAnswer, OpenLoadRequest } from "./open-load.ts";
import { quantile } from "./statistics.ts";

/** More would be this process's own limit, not the server's; what comes on top is counted as failed. */
const IN_FLIGHT_MAX = 6_000;
const ANSWER_MS_MAX = 20_000;
const SHED_STATUS = 503;
const SHED = "overloaded";

interface Counted {
  sent: number;
  shed: number;
  failed: number;
  firstShedMs: number | undefined;
  readonly servedMs: number[];
}

async function load({ url, headers, seconds, kinds }: OpenLoadRequest): Promise<OpenLoadAnswer> {
  const { monotonicMs, sleep, now } = systemClock;
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const rng = createRng(1);
  const counted = kinds.map((): Counted => ({ sent: 0, shed: 0, failed: 0, firstShedMs: undefined, servedMs: [] }));
  const streams = kinds.map(({ perSecond }) => ({ perSecond, dueMs: (-Math.log(1 - rng.next()) * 1_000) / perSecond }));
  const startedMs = monotonicMs();
  let inFlight = 0;

  function ask({ method, path, body, headers: own }: OpenAsk, of: Counted, dueMs: number): void {
    of.sent++;
    if (inFlight >= IN_FLIGHT_MAX) {
      of.failed++;
      return;
    }
    inFlight++;
    const at = now();
    const text = body?.replaceAll("$id", uuid7(at)).replaceAll("$now", new Date(at).toISOString());
    const sent = httpRequest(
      { agent, hostname, port, method, path, headers: { ...headers, ...own }, timeout: ANSWER_MS_MAX },
      (response) => {
        const isRefused = response.statusCode === SHED_STATUS;
        let said = "";
        if (isRefused) {
          response.setEncoding("utf8").on("data", (part: string) => {
            said += part;
          });
        } else response.resume();
        response.once("end", () => {
          inFlight--;
          const atMs = monotonicMs() - startedMs;
          if (response.statusCode === 200) of.servedMs.push(atMs - dueMs);
          else if (isRefused && said.includes(SHED)) {
            of.shed++;
            of.firstShedMs ??= atMs;
          } else of.failed++;
        });
      },
    );
    sent.once("timeout", () => sent.destroy(new Error("no answer")));
    sent.once("error", () => {
      inFlight--;
      of.failed++;
    });
    sent.end(text);
  }

  const endMs = seconds * 1_000;
  for (;;) {
    const atMs = monotonicMs() - startedMs;
    for (const [place, stream] of streams.entries()) {
      const { asks } = kinds[place]!;
      const of = counted[place]!;
      while (stream.dueMs <= Math.min(atMs, endMs)) {
        ask(asks[of.sent % asks.length]!, of, stream.dueMs);
        stream.dueMs += (-Math.log(1 - rng.next()) * 1_000) / stream.perSecond;
      }
    }
    if (atMs >= endMs) break;
    await sleep(1);
  }
  while (inFlight > 0) await sleep(5);
  agent.destroy();
  return counted.map(({ servedMs, ...counts }, place) => ({
    kind: kinds[place]!.kind,
    ...counts,
    served: servedMs.length,
    p50Ms: orNone(servedMs, 0.5),
    p99Ms: orNone(servedMs, 0.99),
    p999Ms: orNone(servedMs, 0.999),
  }));
}

const orNone = (values: readonly number[], fraction: number): number =>
  values.length === 0 ? Number.NaN : quantile(values, fraction);

process.on("message", (asked: OpenLoadRequest) => {
  load(asked).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// Whoever asked is gone.
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
