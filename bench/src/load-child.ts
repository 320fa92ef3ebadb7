/** The load generator, autocannon in a process of its own, so that it takes nothing from the event loop it measures. */
import autocannon from "autocannon";
import type { LoadAnswer, LoadRequest } from "./load.ts";
import { quantile } from "./statistics.ts";

const DECISION = /"decisionId":"([^"]+)"/;

async function load(request: LoadRequest): Promise<LoadAnswer> {
  const { url, headers, paths, connections, seconds, collectDecisions } = request;
  let begun = 0;
  const decisions: string[] = [];
  // autocannon's own histogram keeps whole milliseconds; most answers here take less than one.
  const latenciesMs: number[] = [];
  const options: autocannon.Options = {
    url,
    headers,
    connections,
    duration: seconds,
    // Each connection goes round all paths, from a place of its own.
    setupClient(client) {
      const from = Math.floor((paths.length / connections) * begun++);
      client.setRequests([...paths.slice(from), ...paths.slice(0, from)].map((path) => ({ method: "GET", path })));
    },
    ...(collectDecisions
      ? {
          verifyBody: (body: unknown) => {
            const decision = DECISION.exec(String(body))?.[1];
            if (decision !== undefined) decisions.push(decision);
            return decision !== undefined;
          },
        }
      : {}),
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error: unknown, done) => (error ? reject(error) : resolve(done)));
    instance.on("response", (_client, _status, _bytes, responseTimeMs) => latenciesMs.push(responseTimeMs));
  });
  return {
    requests: latenciesMs.length,
    requestsPerSecond: latenciesMs.length / result.duration,
    p50Ms: latenciesMs.length === 0 ? Number.NaN : quantile(latenciesMs, 0.5),
    p99Ms: latenciesMs.length === 0 ? Number.NaN : quantile(latenciesMs, 0.99),
    failures: result.non2xx + result.errors + result.timeouts + result.mismatches,
    decisions,
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
