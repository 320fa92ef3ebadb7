/** Dead letters on the LMDB log and PostgreSQL, made by the collector and the sink's own code. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topics } from "@thewatcher/contracts/topics";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { openFolderObjects } from "@thewatcher/stores/objects/folder";
import type { Objects } from "@thewatcher/stores/objects/port";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createArchiveWriter } from "../archive/archive.ts";
import { createCollector, PROFILE_HEADER, type StatedEvent } from "../collector.ts";
import { recordLetterRecord } from "../dead-letter.ts";
import { NOON } from "../testing/events.ts";
import { failOperation } from "../testing/faults.ts";
import { thrownBy } from "../testing/files.ts";
import { openTestStores, readJson, type TestStores } from "../testing/stores.ts";
import { listLetters, type ReplayLettersDeps, replayLetters, showLetter } from "./replay-letters.ts";

const keys = generateTokenKeys();
const iso = (ms: number) => new Date(ms).toISOString();

let root: string;
let database: Database;
let stores: TestStores;
let objects: Objects;
let clock: ReturnType<typeof createSimulatedClock>;
let stated: StatedEvent[];
let deps: ReplayLettersDeps;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dead-letters-"));
  database = await openEmbeddedPostgres({ path: join(root, "database"), clock: createSimulatedClock(NOON) });
  await database.migrate();
});
afterAll(async () => {
  await database.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  clock = createSimulatedClock(NOON);
  stores = await openTestStores(clock);
  objects = await openFolderObjects({ path: join(stores.folder, "objects") });
  await database.kysely.deleteFrom("dead_letter_replays").execute();
  stated = [];
  deps = {
    eventLog: stores.eventLog,
    objects,
    database,
    clock,
    knownTitle: (titleId) => titleId !== "film-none",
    stated: async (events) => {
      stated.push(...events);
      return {
        outcomes: events.map(({ payload }) =>
          payload.titleId === "film-gone"
            ? { kind: "refused", cause: "unknown_title", detail: "withdrawn" }
            : { kind: "applied" },
        ),
      };
    },
  };
});
afterEach(async () => {
  await objects.close();
  await stores[Symbol.asyncDispose]();
});

async function post(events: readonly unknown[], as: "viewer" | "service" = "viewer"): Promise<void> {
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "ingestion", clock });
  const app = createCollector({ ...deps, verifier, log: silentLog });
  const who = as === "viewer" ? { role: as, profileId: "p-1" } : { role: as };
  const token = await signer.sign("ingestion", { ...who, country: "BY", device: "tv" });
  const headers = { authorization: `Bearer ${token}`, [PROFILE_HEADER]: "p-machine" };
  await app.request("/api/v1/events", { method: "POST", headers, body: JSON.stringify(events) });
}

let made = 0;
function event(over: Record<string, unknown> = {}): Record<string, unknown> {
  const at = clock.now();
  const base = { type: "click", occurredAt: iso(at), sentAt: iso(at), payload: { titleId: "film-1" } };
  return { eventId: deterministicUuid7(`letter ${made++}`, at), ...base, ...over };
}

const behaviour = () => readJson(stores.eventLog, "behaviour");
const replay = (request: Partial<Parameters<typeof replayLetters>[1]> = {}) =>
  replayLetters(deps, { mend: [], dryRun: false, ...request });
const list = (filter: Partial<Parameters<typeof listLetters>[1]> = {}) => listLetters(deps, { limit: 50, ...filter });

describe("a mended letter", { timeout: 180_000 }, () => {
  test("becomes the event that it was meant to be, of who sent it, as of when it came", async () => {
    const sent = event({ type: "clack", payload: { filmId: "film-1" } });
    await post([sent]);
    await clock.advance(86_400_000);
    const answer = await replay({ mend: ["type: clack -> click", "payload.titleId <- payload.filmId"] });
    expect(answer).toMatchObject({ accepted: 1, refused: 0, already: 0 });
    expect(await behaviour()).toEqual([
      {
        version: 1,
        eventId: sent.eventId,
        type: "click",
        occurredAt: iso(NOON),
        sentAt: iso(NOON),
        receivedAt: iso(NOON),
        knownAt: iso(NOON),
        profileId: "p-1",
        device: "tv",
        country: "BY",
        timeQuality: "observed",
        payload: { titleId: "film-1" },
      },
    ]);
    const { letters } = await list();
    expect(letters).toMatchObject([
      {
        id: "0:0",
        cause: "unknown_type",
        replays: [
          {
            outcome: "accepted",
            eventId: sent.eventId,
            rules: ["type: clack -> click", "payload.titleId <- payload.filmId"],
            replayedAt: NOON + 86_400_000,
          },
        ],
      },
    ]);
  });

  test("goes to its owner where it was stated; what the owner refuses stays a letter with the new cause", async () => {
    await post([
      event({ type: "rate", payload: { titleId: "film-1", stars: 9 } }),
      event({ type: "rate", payload: { titleId: "film-gone", stars: 9 } }),
    ]);
    const answer = await replay({ mend: ["payload.stars: 9 -> 4.5"] });
    expect(answer).toMatchObject({
      accepted: 1,
      refused: 1,
      outcomes: [
        { kind: "accepted", type: "rate" },
        { kind: "refused", cause: "unknown_title", detail: "withdrawn" },
      ],
    });
    expect(stated.map(({ payload }) => payload)).toContainEqual({ titleId: "film-1", stars: 4.5 });
    expect(await behaviour()).toEqual([]);
    expect((await showLetter(deps, "0:1")).replays).toMatchObject([{ outcome: "refused", cause: "unknown_title" }]);
    // Still due: the next replay takes it up again, and the accepted one not.
    expect(await replay({ mend: ["payload.stars: 9 -> 4.5", "payload.titleId: film-gone -> film-2"] })).toMatchObject({
      accepted: 1,
      already: 1,
    });
  });

  test("of a machine may be as old as a machine's events may be; of an app not", async () => {
    const old = { occurredAt: "2001-05-05T00:00:00.000Z", sentAt: "2001-05-05T00:00:00.000Z", type: "clack" };
    await post([event(old)], "service");
    await post([event(old)]);
    const answer = await replay({ mend: ["type: clack -> click"] });
    expect(answer.outcomes).toMatchObject([{ kind: "accepted" }, { kind: "refused", cause: "too_old" }]);
    expect(await behaviour()).toMatchObject([{ profileId: "p-machine", occurredAt: old.occurredAt }]);
    expect(
      await replay({ mend: ["type: clack -> click", "occurredAt = receivedAt", "sentAt = receivedAt"] }),
    ).toMatchObject({ accepted: 1, already: 1 });
    expect((await behaviour())[1]).toMatchObject({ profileId: "p-1", occurredAt: iso(NOON) });
  });

  test("counts once, however often it is replayed and wherever the replay dies", async () => {
    for (const withId of [true, false]) {
      for (const when of ["before", "after"] as const) {
        for (let n = 1; ; n++) {
          await stores[Symbol.asyncDispose]();
          stores = await openTestStores(clock);
          objects = await openFolderObjects({ path: join(stores.folder, "objects") });
          deps = { ...deps, eventLog: stores.eventLog, objects };
          await database.kysely.deleteFrom("dead_letter_replays").execute();
          await post([event({ type: "clack", ...(withId ? {} : { eventId: undefined }) })]);
          const plan = failOperation(n, when);
          const { eventLog } = stores;
          const faulty: ReplayLettersDeps = {
            ...deps,
            eventLog: {
              ...eventLog,
              bounds: (topic) => plan.run(() => eventLog.bounds(topic)),
              read: (request) => plan.run(() => eventLog.read(request)),
              append: (topic, records) => plan.run(() => eventLog.append(topic, records)),
            },
            // The last write of all: the mark.
            clock: {
              ...clock,
              now: () => {
                if (when === "after" && n > 4) throw new Error("dies in front of the mark");
                return clock.now();
              },
            },
          };
          const mend = ["type: clack -> click"];
          await thrownBy(() => replayLetters(faulty, { mend, dryRun: false }));
          await replay({ mend });
          expect(await replay({ mend })).toMatchObject({ accepted: 0, already: 1 });
          const events = await behaviour();
          expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(1);
          expect(events.length).toBeLessThanOrEqual(2);
          if (!plan.fired() && n > 5) break;
        }
      }
    }
  });

  test("leaves no trace on a dry run", async () => {
    await post([event({ type: "clack" }), event({ type: "rate", payload: { titleId: "film-1", stars: 9 } })]);
    const mend = ["type: clack -> click", "payload.stars: 9 -> 4"];
    expect(await replay({ mend, dryRun: true })).toMatchObject({ accepted: 2, dryRun: true });
    expect(await behaviour()).toEqual([]);
    expect(stated).toEqual([]);
    expect((await list()).letters.flatMap(({ replays }) => replays)).toEqual([]);
  });
});

describe("letters", () => {
  test("are listed newest first, by cause, profile and time, with what is left out counted", async () => {
    await post([event({ type: "clack" }), 7]);
    await clock.advance(1_000);
    await post([event({ payload: { titleId: "film-none" } })]);
    await post([event({ type: "clack" })], "service");
    const ids = async (filter: Parameters<typeof list>[0]) => (await list(filter)).letters.map(({ id }) => id);
    expect(await ids({})).toEqual(["0:3", "0:2", "0:1", "0:0"]);
    expect(await list({ limit: 1 })).toMatchObject({ letters: [{ id: "0:3" }], more: 3 });
    expect(await ids({ cause: "unknown_type" })).toEqual(["0:3", "0:0"]);
    expect(await ids({ since: NOON + 1_000 })).toEqual(["0:3", "0:2"]);
    expect(await ids({ profile: "p-machine" })).toEqual(["0:3"]);
    expect(await replay({ ids: ["0:0", "0:3"], mend: ["type: clack -> click"] })).toMatchObject({ accepted: 2 });
    expect(String(await thrownBy(() => replay({ ids: ["0:9"] })))).toContain("there is no dead letter 0:9");
    expect(String(await thrownBy(() => showLetter(deps, "nine")))).toContain("an id is partition:offset, such as 0:42");
  });

  test("show the whole event, also bytes that are no text, and a record too large for its letter", async () => {
    const text = "я".repeat(100_000);
    await post([event({ type: "clack", text })]);
    const { raw } = await showLetter(deps, "0:0");
    expect(JSON.parse(raw)).toMatchObject({ type: "clack", text });

    const values = [Buffer.from([0x7b, 0xff, 0x7d]), Buffer.alloc(1_000_000, 0xff)];
    for (const [offset, value] of values.entries()) {
      await stores.eventLog.append("behaviour", [{ key: "p-1", value }]);
      const letter = {
        version: 1,
        cause: "undecodable_record",
        detail: "not a stored event",
        profileId: "p-1" as never,
        device: "unknown",
        country: "ZZ",
        receivedAt: iso(NOON),
      } as const;
      const [place] = (await stores.eventLog.bounds("behaviour")).filter(({ nextOffset }) => nextOffset > offset);
      const record = { topic: "behaviour", partition: place!.partition, offset };
      const told = recordLetterRecord({ ...letter, record }, value);
      // Told twice, as where the sink is killed behind the letter: one letter.
      await stores.eventLog.append(topics.deadLetters.name, [told, told]);
    }
    expect((await list({ cause: "undecodable_record" })).letters.map(({ id }) => id)).toEqual(["0:3", "0:1"]);
    for (const [i, id] of ["0:1", "0:3"].entries()) {
      const shown = await showLetter(deps, id);
      expect(Buffer.from(shown.rawBase64 ?? "", "base64").equals(values[i]!)).toBe(true);
    }
    expect(await replay({ ids: ["0:1"] })).toMatchObject({
      outcomes: [{ kind: "refused", cause: "undecodable_record" }],
    });
  });

  test("that the log has forgotten are read from the archive", async () => {
    await post([event({ type: "clack" })]);
    const archive = createArchiveWriter({ eventLog: stores.eventLog, objects, log: silentLog });
    await archive.start();
    await archive.caughtUp();
    await archive.close();
    deps = {
      ...deps,
      eventLog: {
        ...stores.eventLog,
        bounds: async (topic) =>
          (await stores.eventLog.bounds(topic)).map((bound) => ({ ...bound, firstOffset: bound.nextOffset })),
      },
    };
    expect((await list()).letters).toMatchObject([{ id: "0:0", cause: "unknown_type" }]);
    expect(await replay({ mend: ["type: clack -> click"] })).toMatchObject({ accepted: 1 });
  });
});
