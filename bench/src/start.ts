/**
 * `start`: from the command to a served personalised page, as a newcomer meets it. First start: an empty folder, the demo
 * world made and sent through log and warehouse, a model trained, lists published. Second start: the same folder again.
 * The clock runs from the spawn of the process until the page of a demo profile answers 200 with a generation.
 */
import { assert } from "@thewatcher/kit/assert";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { spawnCinema } from "./cinema.ts";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import { peakMemoryOf } from "./processes.ts";
import { median } from "./statistics.ts";

const FIRST_GOAL_MS = 30_000;
const SECOND_GOAL_MS = 5_000;
const START_MS_MAX = 180_000;

interface DemoAccounts {
  readonly accounts: readonly {
    readonly accountId: string;
    readonly profiles: readonly { readonly profileId: string }[];
  }[];
}

/** Signs in as the first demo account and asks for its page, as the app does. */
async function readPersonalPage(url: string): Promise<void> {
  const accounts = (await (await fetch(`${url}/api/v1/demo/accounts`)).json()) as DemoAccounts;
  const account = accounts.accounts[0];
  const headers = { "content-type": "application/json", origin: url };
  const cookieOf = (response: Response): string => (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const signedIn = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers,
    body: JSON.stringify({ accountId: account?.accountId }),
  });
  const cookie = cookieOf(signedIn);
  const chosen = await fetch(`${url}/api/v1/session/profile`, {
    method: "PUT",
    headers: { ...headers, cookie, "x-csrf-token": signedIn.headers.get("x-csrf-token") ?? "" },
    body: JSON.stringify({ profileId: account?.profiles[0]?.profileId }),
  });
  const page = await fetch(`${url}/api/v1/home`, { headers: { cookie: cookieOf(chosen) || cookie } });
  const body = (await page.json()) as { generation: string | null; rows: readonly { kind: string }[] };
  assert(page.status === 200 && body.generation !== null, "a page of a generation", () => body);
  assert(
    body.rows.some(({ kind }) => kind === "top_picks"),
    "a personalised page",
  );
}

interface Started {
  readonly durationMs: number;
  readonly peakMiB: number;
}

async function startOnce(dataDir: string, { clock, signal }: BenchContext): Promise<Started> {
  await using lifecycle = createLifecycle(silentLog);
  const startedMs = clock.monotonicMs();
  const running = await spawnCinema(dataDir, { flags: [], startMsMax: START_MS_MAX }, { clock, lifecycle, signal });
  await readPersonalPage(running.url);
  return { durationMs: clock.monotonicMs() - startedMs, peakMiB: peakMemoryOf(running.pid) ?? Number.NaN };
}

async function run(context: BenchContext): Promise<Outcome> {
  const first: Started[] = [];
  const second: Started[] = [];
  for (let round = 1; round <= context.options.rounds; round++) {
    context.say(`start: run ${round} of ${context.options.rounds}`);
    const dataDir = context.freshFolder("start");
    first.push(await startOnce(dataDir, context));
    second.push(await startOnce(dataDir, context));
  }
  const figure = (name: string, runs: readonly Started[], goalMs: number) => {
    const seconds = runs.map(({ durationMs }) => durationMs / 1000);
    const value = median(seconds);
    return {
      name,
      value,
      unit: "s",
      runs: seconds,
      goal: { text: `≤ ${goalMs / 1000} s`, met: value * 1000 <= goalMs },
    };
  };
  return {
    figures: [
      figure("first start → personalised page", first, FIRST_GOAL_MS),
      figure("second start → personalised page", second, SECOND_GOAL_MS),
      { name: "peak memory of the cinema's process", value: median(first.map(({ peakMiB }) => peakMiB)), unit: "MiB" },
    ],
    notes: [
      "From the spawn of `thewatcher start` to a 200 of the first demo profile's home, signed in as the app does.",
    ],
  };
}

export const startBench: Bench = {
  name: "start",
  about: "a fresh folder → the demo world's first personalised page; the same folder again",
  run,
};
