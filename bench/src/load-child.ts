/** The load generator, autocannon in a process of its own, so that it takes nothing from the event loop it measures. */
import autocannon from "autocannon";
import type { LoadAnswer, LoadRequest } from "./load.ts";
import { quantile } from "./statistics.ts";

const DECISION = /"decisionId":"([^"]+)"/;
/** More is asked than can be done: the process says so. */
const REFUSED = 503;
const NOT_DEGRADED = '"degradations":[]';

async function load(request: LoadRequest): Promise<LoadAnswer> {
  const { url, headers, paths, connections, bound, readBodies } = request;
  let begun = 0;
  let degraded = 0;
  let refused = 0;
  const decisions: string[] = [];
  // autocannon's own histogram keeps whole milliseconds; most answers here take less than one.
  const latenciesMs: number[] = [];
  const options: autocannon.Options = {
    url,
    headers,
    connections,
    ...("seconds" in bound ? { duration: bound.seconds } : { amount: bound.requests }),
    // The connections share the paths: each goes round its own part of them.
    setupClient(client) {
      const from = Math.floor((paths.length / connections) * (begun % connections));
      begun++;
      const own = paths.slice(from, Math.max(from + 1, Math.floor(from + paths.length / connections)));
      client.setRequests(own.map((path) => ({ method: "GET", path })));
    },
    ...(readBodies
      ? {
          verifyBody: (body: unknown) => {
            const text = String(body);
            if (!text.includes(NOT_DEGRADED)) degraded++;
            const decision = DECISION.exec(text)?.[1];
            if (decision !== undefined) decisions.push(decision);
            return decision !== undefined;
          },
        }
      : {}),
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: unknown, done) => (error ? reject(error) : resolve(done)));
    instance.on("response", (_client, status, _bytes, responseTimeMs) => {
      if (status === REFUSED) refused++;
      else latenciesMs.push(responseTimeMs);
    });
  });
  return {
    requests: latenciesMs.length,
    requestsPerSecond: latenciesMs.length / result.duration,
    p50Ms: latenciesMs.length === 0 ? Number.NaN : quantile(latenciesMs, 0.5),
    p99Ms: latenciesMs.length === 0 ? Number.NaN : quantile(latenciesMs, 0.99),
    p999Ms: latenciesMs.length === 0 ? Number.NaN : quantile(latenciesMs, 0.999),
    refused,
    failures: result.non2xx - refused + result.errors + result.timeouts + result.mismatches,
    decisions,
    degraded,
  };
}

process.on("message", (request: LoadRequest) => {
  load(request).then(
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
