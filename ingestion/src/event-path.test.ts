/** The whole path on the embedded stores: POST → log → sink → row of the warehouse, and POST → profile state. */
import { join } from "node:path";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { uuid7 } from "@thewatcher/kit/uuid";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCollector, type StatedEvent } from "./collector.ts";
import type { EventReader } from "./follow.ts";
import { createProfileStateFold } from "./profile-state-fold.ts";
import { createSink } from "./sink.ts";
import { openTestStores, readTopic, type TestStores } from "./testing/stores.ts";

const clock = systemClock;
const keys = generateTokenKeys();
const signer = createTokenSigner({ privateKey: keys.privateKey, clock });

let stores: TestStores;
let warehouse: Warehouse;
let sink: EventReader;
let fold: EventReader;

beforeAll(async () => {
  stores = await openTestStores(clock);
  warehouse = await openChdbWarehouse({ path: join(stores.folder, "warehouse"), clock });
  await warehouse.migrate();
  const deps = { ...stores, warehouse, clock, log: silentLog };
  sink = createSink(deps);
  fold = createProfileStateFold(deps);
  await sink.start();
  await fold.start();
});

afterAll(async () => {
  await sink.close();
  await fold.close();
  await warehouse.close();
  await stores[Symbol.asyncDispose]();
});

/** Stands where catalog-api's outbox stands: what is stated reaches the log. */
const relay = async (events: readonly StatedEvent[]) => {
  await stores.eventLog.append(
    "stated",
    events.map((event) => ({ key: event.profileId, value: JSON.stringify(event) })),
  );
  return { outcomes: events.map(() => ({ kind: "applied" as const })) };
};

async function post(profileId: string, events: readonly Record<string, unknown>[]): Promise<Response> {
  const app = createCollector({
    eventLog: stores.eventLog,
    verifier: createTokenVerifier({ publicKey: keys.publicKey, audience: "ingestion", clock }),
    stated: relay,
    knownTitle: () => undefined,
    clock,
    log: silentLog,
  });
  const token = await signer.sign("ingestion", { role: "viewer", profileId, country: "BY", device: "tv" });
  const headers = { authorization: `Bearer ${token}` };
  return app.request("/api/v1/events", { method: "POST", headers, body: JSON.stringify({ events }) });
}

function event(type: string, payload: Record<string, unknown>): Record<string, unknown> & { eventId: string } {
  const now = clock.now();
  const instant = new Date(now).toISOString();
  return { eventId: uuid7(now), type, occurredAt: instant, sentAt: instant, payload };
}

describe("an event that was acknowledged", () => {
  test("is one row of the warehouse with what the client said and the server stamped", async () => {
    const play = event("play_progress", { titleId: "film-7", playbackId: "x", positionSeconds: 5, watchedSeconds: 4 });
    const rate = event("rate", { titleId: "film-7", stars: 4.5 });
    const response = await post("p-rows", [play, rate, { type: "clack" }]);
    expect(await response.json()).toMatchObject({ accepted: 2, refused: 1 });
    await sink.caughtUp();
    const rows = await warehouse.query<Record<string, unknown>>(
      "SELECT toString(eventId) AS eventId, topic, type, profileId, titleId, device, country, payload FROM events FINAL WHERE profileId = 'p-rows' ORDER BY topic",
    );
    const stamps = { profileId: "p-rows", titleId: "film-7", device: "tv", country: "BY" };
    expect(rows.map(({ payload, ...row }) => ({ ...row, payload: JSON.parse(String(payload)) }))).toEqual([
      { eventId: play.eventId, topic: "behaviour", type: "play_progress", ...stamps, payload: play.payload },
      { eventId: rate.eventId, topic: "stated", type: "rate", ...stamps, payload: rate.payload },
    ]);
  });

  test("is in the profile's state as soon as the log has been read, without the warehouse", async () => {
    const click = event("click", { titleId: "film-9" });
    const hide = event("not_interested", { titleId: "film-8" });
    expect((await post("p-state", [click, hide])).status).toBe(200);
    await fold.caughtUp();
    const [state] = await stores.recommendations.getStates(["p-state" as ProfileId]);
    const at = (one: Record<string, unknown>) => Date.parse(String(one.occurredAt));
    expect(state?.titles).toHaveLength(2);
    expect(state?.titles).toContainEqual({ titleId: "film-9", touchedAt: at(click), clickedAt: at(click) });
    expect(state?.titles).toContainEqual({
      titleId: "film-8",
      touchedAt: at(hide),
      notInterested: { at: at(hide), on: true },
    });
  });

  test("is counted once in the warehouse though the sink inserts it again", async () => {
    const profileId = "p-again";
    await post(profileId, [event("click", { titleId: "film-1" }), event("click", { titleId: "film-2" })]);
    await sink.caughtUp();
    for (const { partition, key, ...record } of await readTopic(stores.eventLog, "behaviour")) {
      await warehouse.insertEvents({ topic: "behaviour", partition, records: [{ ...record, key }] });
    }
    const [counted] = await warehouse.query<{ places: number; rows: number }>(
      "SELECT toUInt32(uniqExact(topic, partition, offset)) AS places, toUInt32(count()) AS rows FROM events FINAL WHERE profileId = 'p-again'",
    );
    expect(counted).toEqual({ places: 2, rows: 2 });
  });

  test("does not stop at a record that the warehouse cannot read: that one is a dead letter", async () => {
    await stores.eventLog.append("behaviour", [
      { key: "p-poison", value: "no json" },
      { key: "p-poison", value: '{"type":"click"}' },
    ]);
    await post("p-poison", [event("click", { titleId: "film-3" })]);
    await sink.caughtUp();
    const rows = await warehouse.query("SELECT titleId FROM events FINAL WHERE profileId = 'p-poison'");
    expect(rows).toEqual([{ titleId: "film-3" }]);
    const letters = (await readTopic(stores.eventLog, "dead-letters"))
      .map(({ value }) => JSON.parse(Buffer.from(value).toString("utf8")))
      .filter(({ profileId }) => profileId === "p-poison");
    expect(letters.map(({ cause, raw }) => [cause, raw])).toEqual([
      ["undecodable_record", "no json"],
      ["undecodable_record", '{"type":"click"}'],
    ]);
  });
});
