/**
 * A trained cinema whose pages are ranked by a model: pages are asked for, each is clicked at its newest title, and the
 * training that follows learns that. It is a ranker of the usual size over the usual features; what it prefers is made up.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { assert } from "@thewatcher/kit/assert";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { uuid7 } from "@thewatcher/kit/uuid";
import { startCinema, train } from "./cinema.ts";
import type { BenchContext } from "./harness.ts";
import { readMovieLens } from "./movielens.ts";

/** Half as much again as training asks for, so that some may get lost. */
const PAGES = 1_500;
const AT_ONCE = 4;
/** Where other programs take the machine, the cinema refuses what can wait; then it is asked again. */
const TRIES_MAX = 30;
const AGAIN_MS = 1_000;
const REFUSED = 503;

interface Page {
  readonly decisionId: string;
  readonly rows: readonly {
    readonly rowId: string;
    readonly items: readonly {
      readonly position: number;
      readonly title: { readonly titleId: string; readonly year: number | null };
    }[];
  }[];
}

const hasRanker = (dataDir: string): boolean =>
  readdirSync(join(dataDir, "objects"), { recursive: true }).some((name) => String(name).endsWith("ranker.bin"));

export async function prepareRankedCinema(context: BenchContext): Promise<string> {
  const dataDir = await context.trainedCinema();
  if (hasRanker(dataDir)) return dataDir;
  const { clock, options, say, signal } = context;
  say(`ranker: ${PAGES} pages, a click each, and a training`);
  await using lifecycle = createLifecycle(silentLog);
  const { url, token } = await startCinema(dataDir, { ...context, lifecycle });
  const authorization = `Bearer ${token}`;
  const profileIds = readMovieLens(options).profileIds.slice(0, PAGES);

  async function ask(path: string, init: RequestInit): Promise<Response> {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      const answer = await fetch(`${url}${path}`, init);
      if (answer.status !== REFUSED || tries === TRIES_MAX) return answer;
      await answer.arrayBuffer();
      await clock.sleep(AGAIN_MS, signal);
    }
  }

  async function viewAndClick(profileId: string): Promise<void> {
    const answer = await ask(`/api/v1/profiles/${profileId}/home`, { headers: { authorization } });
    assert(answer.status === 200, "a page is 200", () => answer.status);
    const { decisionId, rows } = (await answer.json()) as Page;
    // Without the catalogue, which a busy machine may be late with, there is nothing to click.
    if (rows.length === 0) return;
    const items = rows.flatMap(({ rowId, items: ofRow }) => ofRow.map((item) => ({ rowId, ...item })));
    const newest = items.reduce((best, item) => ((item.title.year ?? 0) > (best.title.year ?? 0) ? item : best));
    const { rowId, position, title } = newest;
    const now = clock.now();
    const at = new Date(now).toISOString();
    const event = {
      eventId: uuid7(now),
      type: "click",
      occurredAt: at,
      sentAt: at,
      decisionId,
      position,
      payload: { titleId: title.titleId, rowId },
    };
    const posted = await ask("/api/v1/events", {
      method: "POST",
      headers: { authorization, "content-type": "application/json", "x-profile-id": profileId },
      body: JSON.stringify({ events: [event] }),
    });
    const said = (await posted.json()) as { readonly accepted?: number };
    assert(posted.status === 200 && said.accepted === 1, "the click is accepted", () => said);
  }

  const waiting = profileIds.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const profileId of waiting) await viewAndClick(profileId);
    }),
  );
  // It waits for the warehouse to have every event; decisions are in the log within a second, and there a second later.
  await clock.sleep(5_000, signal);
  const { stdout } = await train(dataDir, context);
  assert(hasRanker(dataDir), "a ranker was published", () => stdout.slice(-2_000));
  return dataDir;
}
