/**
 * Decisions in one process on embedded stores: pages answered, logged off their path, in the warehouse, explained, joined
 * with what viewers did, and gone with an erased profile. Slow: it opens PostgreSQL and the warehouse, and trains.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HomePage, RecommendationList, SimilarTitles, WhyNot } from "@thewatcher/contracts/api/serving";
import type { DecisionId } from "@thewatcher/contracts/ids";
import { measureJoinRate } from "@thewatcher/feature-store/join-rate";
import { type LoggedDecision, readLoggedDecisions } from "@thewatcher/feature-store/logged-decisions";
import { createServiceToken } from "@thewatcher/gateway/service-tokens";
import { systemClock } from "@thewatcher/kit/clock";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { World } from "@thewatcher/simulation/world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { explanationText } from "./commands/explain.ts";
import { createDemoWorld, loadDemoWorld } from "./demo-world.ts";
import { type OpenedCinema, openCinema } from "./open-cinema.ts";
import { type OperationAnswer, operations } from "./operations.ts";
import { resolveSettings } from "./settings.ts";

const SEED = 7;
const PROFILES = 200;
const HOST = "http://127.0.0.1:8080";

let dataDir: string;
let opened: OpenedCinema;
let world: World;
let token: string;
let pages: readonly HomePage[];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "thewatcher-decisions-"));
  const { values } = resolveSettings({ flags: { dataDir, logLevel: "warn" }, env: {} });
  opened = await openCinema(values, { report: () => undefined, worldWhenNew: "demo" });
  const { cinema, folder } = opened;
  world = createDemoWorld({ seed: SEED, worldNow: folder.world?.madeAt ?? 0, profileCount: PROFILES });
  await loadDemoWorld(world, { stores: cinema.stores, clock: cinema.clock, report: () => undefined });
  await Promise.all([cinema.sink.caughtUp(), cinema.profileStates.caughtUp()]);
  await cinema.trainer.train({ model: "ease", parameters: {}, seed: SEED, evaluate: false });
  await cinema.refresh();
  token = await createServiceToken(
    { database: cinema.stores.database, clock: cinema.clock },
    { role: "service", label: "test", expiresAt: null },
  );
  pages = await Promise.all(world.profiles.slice(0, 8).map(({ profileId }) => homeOf(profileId)));
}, 240_000);

afterAll(async () => {
  await opened?.close();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

const asMachine = (path: string, init: { body?: unknown; profileId?: string } = {}) =>
  opened.cinema.api("gateway")(
    new Request(`${HOST}${path}`, {
      method: init.body ? "POST" : "GET",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        ...(init.profileId ? { "x-profile-id": init.profileId } : {}),
      },
      ...(init.body ? { body: JSON.stringify(init.body) } : {}),
    }),
  );

async function homeOf(profileId: string): Promise<HomePage> {
  const response = await asMachine(`/api/v1/profiles/${profileId}/home`);
  expect(response.status).toBe(200);
  return HomePage.parse(await response.json());
}

const explain = (decisionId: DecisionId): Promise<OperationAnswer<"explain">> =>
  operations.explain.run(
    { decisionId },
    { cinema: opened.cinema, report: () => undefined, signal: new AbortController().signal },
  );

async function loggedSince(since: number): Promise<readonly LoggedDecision[]> {
  const read: LoggedDecision[] = [];
  const until = systemClock.now() + 60_000;
  for await (const decision of readLoggedDecisions(opened.cinema.stores.warehouse, { since, until })) {
    read.push(decision);
  }
  return read;
}

describe("thewatcher explain", () => {
  test("shows each page as it was answered, whole, and makes it again, byte for byte", async () => {
    for (const page of pages) {
      const explained = await explain(page.decisionId);
      expect(explained.profileId).toBe(page.profileId);
      expect(explained.rows.map(({ rowId, items }) => [rowId, items.map(({ titleId }) => titleId)])).toEqual(
        page.rows.map(({ rowId, items }) => [rowId, items.map(({ title }) => title.titleId)]),
      );
      expect(explained.cut).toEqual([]);
      expect(explained.recomposition).toMatchObject({ kind: "same", rows: page.rows.length });
    }
  });

  test("shows a plain list and what is like a title, too", async () => {
    const { profileId } = pages[0]!;
    const list = await asMachine(`/api/v1/profiles/${profileId}/recommendations?n=30`);
    const { decisionId, items } = RecommendationList.parse(await list.json());
    const explained = await explain(decisionId);
    expect(explained.kind).toBe("list");
    expect(explained.rows.flatMap((row) => row.items.map(({ titleId }) => titleId))).toEqual(
      items.map(({ title }) => title.titleId),
    );
    expect(explained.recomposition).toMatchObject({ kind: "same", items: 30 });
    const seed = items[0]!.title.titleId;
    const similar = SimilarTitles.parse(await (await asMachine(`/api/v1/titles/${seed}/similar?n=10`)).json());
    const alike = await explain(similar.decisionId);
    expect(alike).toMatchObject({ kind: "similar", profileId: null, recomposition: { kind: "same", items: 10 } });
    expect(explanationText(alike)).toContain("similar for nobody");
  });

  test("says it to a person: rows, names, reasons, stages, and that it comes out the same", async () => {
    const page = pages[0]!;
    const text = explanationText(await explain(page.decisionId));
    expect(text).toContain(page.decisionId);
    expect(text).toContain("personal_list");
    // A store's own mark may be any bytes: none that a terminal obeys.
    expect(text).toMatch(/^profile state +[ -~]+$/m);
    for (const { heading } of page.rows) expect(text).toContain(heading);
    for (const { title } of page.rows[0]!.items) expect(text).toContain(title.name.slice(0, 39));
    expect(text).toMatch(/Made again of the log: the same, byte for byte \(\d+ rows, \d+ titles, [\d,]+ bytes\)\.$/);
  });

  test("knows no decision that was never made", async () => {
    await expect(explain(uuid7(systemClock.now()) as DecisionId)).rejects.toThrow(
      /no decision .* is logged; they are kept 30 days/,
    );
  }, 60_000);
});

describe("what viewers do with a page", () => {
  test("finds its decision in the log, and is what a ranker learns from", async () => {
    const since = systemClock.now() - 3_600_000;
    const occurredAt = new Date(systemClock.now()).toISOString();
    for (const { profileId, decisionId, rows } of pages) {
      const row = rows[0]!;
      const events = row.items.slice(0, 4).flatMap(({ title, position }, place) => {
        const payload = { titleId: title.titleId, rowId: row.rowId };
        const event = { decisionId, position, occurredAt, sentAt: occurredAt };
        const seen = { ...event, type: "impression", eventId: uuid7(systemClock.now()), payload };
        return place === 1 ? [seen, { ...event, type: "click", eventId: uuid7(systemClock.now()), payload }] : [seen];
      });
      const response = await asMachine("/api/v1/events", { body: { events }, profileId });
      expect(response.status).toBe(200);
    }
    await opened.cinema.sink.caughtUp();
    const { warehouse } = opened.cinema.stores;
    const rate = await measureJoinRate(warehouse, { since, until: systemClock.now() + 1_000 });
    expect(rate).toMatchObject({ events: pages.length, joined: pages.length, rate: 1 });
    // The demo world's past has decisions that nobody logged.
    const past = await measureJoinRate(warehouse, { since: 0, until: systemClock.now() + 1_000 });
    expect(past).toMatchObject({ events: pages.length, rate: 1 });
    expect(past.ignored).toBeGreaterThan(0);

    const logged = await loggedSince(since);
    expect(new Set(logged.map(({ decisionId }) => decisionId))).toEqual(
      new Set(pages.map(({ decisionId }) => decisionId)),
    );
    let describedCount = 0;
    let itemCount = 0;
    for (const { items, featureNames } of logged) {
      expect(items.filter(({ exposed }) => exposed)).toHaveLength(4);
      expect(items.filter(({ clicked, signal }) => clicked && signal > 0)).toHaveLength(1);
      // Of titles that no source gave and that only fill a row up or go on, nothing was computed.
      const described = items.filter(({ features }) => features.length === featureNames.length);
      expect(items.filter(({ features }) => features.length === 0).length + described.length).toBe(items.length);
      describedCount += described.length;
      itemCount += items.length;
    }
    // Of 290 candidates for 190 titles: 0.86, single pages 0.74 to 0.92.
    expect(describedCount / itemCount).toBeGreaterThan(0.8);
  });

  test("is asked after: why a title is not on the page", async () => {
    const { profileId, rows } = pages[0]!;
    const shown = rows[0]!.items[0]!.title.titleId;
    const response = await asMachine(`/api/v1/profiles/${profileId}/why-not/${shown}`);
    expect(WhyNot.parse(await response.json()).titleId).toBe(shown);
  });

  test("is forgotten with the profile: no explanation, no training", async () => {
    const { profileId, decisionId } = pages[1]!;
    const at = new Date(systemClock.now()).toISOString();
    const erasure = {
      ...{
        version: 1,
        eventId: uuid7(systemClock.now()),
        type: "erasure",
        profileId,
        device: "operator",
        country: "BY",
      },
      ...{ occurredAt: at, sentAt: at, receivedAt: at, knownAt: at, timeQuality: "observed" },
      payload: { reason: "viewer_request" },
    };
    await opened.cinema.stores.eventLog.append("erasures", [{ key: profileId, value: JSON.stringify(erasure) }]);
    await opened.cinema.sink.caughtUp();
    await expect(explain(decisionId)).rejects.toThrow(/no decision/);
    const logged = await loggedSince(systemClock.now() - 3_600_000);
    expect(logged.map((decision) => decision.profileId)).not.toContain(profileId);
    expect(logged.length).toBe(pages.length - 1);
  }, 60_000);
});
