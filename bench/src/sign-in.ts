/**
 * `sign-in`: what a password costs, over HTTP, and that a crowd of sign-ins leaves the machine to who watches: another
 * viewer's request (who am I, answered out of the session) beside as many sign-ins at once as may wait. Addresses are nobody's: the work is
 * the same as for somebody's, and no limit of attempts ends it.
 */
import { listenOn } from "@thewatcher/cli/listeners";
import { openCinema } from "@thewatcher/cli/open-cinema";
import { resolveSettings } from "@thewatcher/cli/settings";
import { createPasswords } from "@thewatcher/gateway/identity/passwords";
import { assert } from "@thewatcher/kit/assert";
import type { Bench, BenchContext, Outcome } from "./harness.ts";
import type { Figure } from "./report.ts";
import { median, quantile } from "./statistics.ts";

const ALONE = 60;
/** At once, of the hundred that may wait. */
const CROWD = 32;
const CROWD_SIGN_INS = 320;
const PASSWORD_MS_MAX = 250;
const PAGE_MS_MAX = 50;
/** Between two requests of who watches. */
const PAUSE_MS = 10;
const CLOSE_MS = 1_000;

async function run({ clock, freshFolder, lifecycle, say }: BenchContext): Promise<Outcome> {
  const { values } = resolveSettings({ flags: { dataDir: freshFolder("data"), logLevel: "silent" }, env: {} });
  const { cinema, close } = await openCinema(values, { report() {} });
  lifecycle.own("cinema", close, (end) => end());
  const server = await listenOn(cinema.api("gateway"), "127.0.0.1", 0, "port");
  lifecycle.own("listener", server, (it) => it.close(CLOSE_MS));

  const measure = async (work: () => Promise<unknown>): Promise<number> => {
    const startedMs = clock.monotonicMs();
    await work();
    return clock.monotonicMs() - startedMs;
  };
  let count = 0;
  const signIn = async () => {
    const body = JSON.stringify({ email: `nobody${count++}@example.org`, password: "not the one" });
    const answer = await fetch(`${server.url}/api/v1/session`, { method: "POST", body });
    assert(answer.status === 403, "nobody is refused", () => answer.status);
    await answer.arrayBuffer();
  };
  const look = async () => {
    const answer = await fetch(`${server.url}/api/v1/session`);
    assert(answer.status === 200, "who am I is answered", () => answer.status);
    await answer.arrayBuffer();
  };

  say("sign-in: one after another");
  const passwords = createPasswords();
  const hashed: number[] = [];
  const alone: number[] = [];
  const quiet: number[] = [];
  for (let i = 0; i < ALONE; i++) {
    hashed.push(await measure(() => passwords.verify(null, "not the one")));
    alone.push(await measure(signIn));
    quiet.push(await measure(look));
  }
  say(`sign-in: ${CROWD} at once`);
  const beside: number[] = [];
  let left = CROWD_SIGN_INS;
  const crowd = Array.from({ length: CROWD }, async () => {
    while (left-- > 0) await signIn();
  });
  const startedMs = clock.monotonicMs();
  let isOver = false;
  const all = Promise.all(crowd).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    beside.push(await measure(look));
    await clock.sleep(PAUSE_MS);
  }
  await all;
  const seconds = (clock.monotonicMs() - startedMs) / 1000;

  const p95 = quantile(alone, 0.95);
  const besideP95 = quantile(beside, 0.95);
  const figures: Figure[] = [
    {
      name: "a sign-in, median",
      value: median(alone),
      unit: "ms",
      beside: { name: "argon2id alone", value: median(hashed) },
    },
    {
      name: "a sign-in, p95",
      value: p95,
      unit: "ms",
      goal: { text: `≤ ${PASSWORD_MS_MAX} ms`, met: p95 <= PASSWORD_MS_MAX },
    },
    { name: `sign-ins a second, ${CROWD} at once`, value: CROWD_SIGN_INS / seconds, unit: "/s" },
    {
      name: "another's request beside them, p95",
      value: besideP95,
      unit: "ms",
      beside: { name: "alone", value: quantile(quiet, 0.95) },
      goal: { text: `≤ ${PAGE_MS_MAX} ms`, met: besideP95 <= PAGE_MS_MAX },
    },
  ];
  return {
    figures,
    notes: [
      `argon2id, 19 MiB, 2 passes; ${ALONE} one after another, ${CROWD_SIGN_INS} in the crowd, ${beside.length} requests beside it.`,
    ],
  };
}

export const signInBench: Bench = {
  name: "sign-in",
  about: "a password over HTTP, and who watches beside a crowd of sign-ins",
  run,
};
