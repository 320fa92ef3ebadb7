/** Dead letters and replays through the composed cinema: what the collector refused reaches its owner and the warehouse. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { upsertTitles } from "@thewatcher/catalog-api/titles";
import { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { createServiceToken } from "@thewatcher/gateway/service-tokens";
import { uuid7 } from "@thewatcher/kit/uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenedCinema, openCinema } from "./open-cinema.ts";
import { operations } from "./operations.ts";
import { runProgram } from "./program.ts";
import { resolveSettings } from "./settings.ts";

const DAY_MS = 86_400_000;

let dataDir: string;
let opened: OpenedCinema;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "thewatcher-way-back-"));
  const { values } = resolveSettings({ flags: { dataDir, logLevel: "warn" }, env: {} });
  opened = await openCinema(values, { report: () => undefined });
  const { database } = opened.cinema.stores;
  const addedAt = new Date(opened.cinema.clock.now()).toISOString();
  const title = TitleDetails.parse({
    ...{ titleId: "film-1", name: "A film", year: null, genres: [], ageMark: null, runtimeMinutes: null },
    ...{ directors: [], plot: null, score: null, scoreVotes: null, source: "test", addedAt },
  });
  await upsertTitles(database, [title]);
  await database.kysely.insertInto("accounts").values({ account_id: "a-1", country: "BY" }).execute();
  await database.kysely
    .insertInto("profiles")
    .values({ profile_id: "p-1", account_id: "a-1", name: "One", age_mark: null })
    .execute();
  await opened.cinema.refresh();
}, 240_000);

afterAll(async () => {
  await opened?.close();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

test("a letter that was mended is its profile's rating and its click, and the archive rebuilds both", async () => {
  const { cinema } = opened;
  const context = { cinema, report: () => undefined, signal: new AbortController().signal };
  const token = await createServiceToken(
    { database: cinema.stores.database, clock: cinema.clock },
    { role: "service", label: "test", expiresAt: null },
  );
  const at = cinema.clock.now();
  const event = (type: string, payload: object) => {
    const instant = new Date(at).toISOString();
    return { eventId: uuid7(at), type, occurredAt: instant, sentAt: instant, payload };
  };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "x-profile-id": "p-1" };
  const events = [event("clack", { filmId: "film-1" }), event("rate", { filmId: "film-1", stars: 9 })];
  const response = await cinema.api("gateway")(
    new Request("http://127.0.0.1:8080/api/v1/events", { method: "POST", headers, body: JSON.stringify({ events }) }),
  );
  expect(response.status).toBe(422);

  const { letters } = await operations.deadLettersList.run({ limit: 10 }, context);
  expect(letters.map(({ cause, profileId }) => [cause, profileId])).toEqual([
    ["invalid", "p-1"],
    ["unknown_type", "p-1"],
  ]);
  const mend = ["type: clack -> click", "payload.titleId <- payload.filmId", "payload.stars: 9 -> 4.5"];
  const request = { profile: "p-1", mend, dryRun: false };
  expect(await operations.deadLettersReplay.run(request, context)).toMatchObject({ accepted: 2, refused: 0 });
  expect(await operations.deadLettersReplay.run(request, context)).toMatchObject({ accepted: 0, already: 2 });

  const stated = await cinema.stores.database.kysely.selectFrom("stated_preferences").selectAll().execute();
  expect(stated).toMatchObject([{ profile_id: "p-1", title_id: "film-1", kind: "rate", value: 4.5 }]);
  const rows = async () => {
    await cinema.sink.caughtUp();
    return cinema.stores.warehouse.query<{ type: string; eventId: string }>(
      "SELECT type, toString(eventId) AS eventId FROM events FINAL ORDER BY type",
    );
  };
  const sent = [events[0]!.eventId, events[1]!.eventId];
  await expect.poll(rows, { timeout: 30_000 }).toEqual([
    { type: "click", eventId: sent[0] },
    { type: "rate", eventId: sent[1] },
  ]);

  await cinema.stores.warehouse.command("TRUNCATE TABLE behaviour_interactions");
  const report = await operations.replay.run(
    { from: at - DAY_MS, to: at + DAY_MS, source: "archive", dryRun: false },
    context,
  );
  expect(report).toMatchObject({ swapped: true, records: 2, difference: { events: { before: 2, after: 2 } } });
  expect(report.difference.states).toMatchObject([{ pairs: 0 }, { table: "behaviour_interactions", pairs: 1 }]);
}, 120_000);

describe("a mistake is one line, before anything is opened", () => {
  test.each<[args: readonly string[], said: string]>([
    [["replay", "--from", "2026-11-23"], "required option '--to <day>' not specified"],
    [["replay", "--from", "2026-11-23", "--to", "soon"], '--to "soon": a day or an instant is accepted'],
    [["replay", "--from", "2026-11-23", "--to", "2026-11-23"], "--to 2026-11-23T00:00:00.000Z is not behind --from"],
    [
      ["replay", "--from", "2026-11-23", "--to", "2026-11-24", "--source", "tape"],
      '--source "tape": log, archive or auto is accepted',
    ],
    [["dead-letters", "list", "--cause", "bad"], '--cause "bad": accepted are not_an_object, unknown_type'],
    [["dead-letters", "show", "seven"], 'dead letter "seven": an id is partition:offset, such as 0:42'],
    [["dead-letters", "replay"], "name letters by id, or choose them by --cause, --since or --profile"],
    [["dead-letters", "replay", "0:1", "--mend", "type"], "--mend 'type': character 5: `:`, `<-` or `=` is expected"],
  ])("%j", async (args, said) => {
    let err = "";
    const code = await runProgram([...args, "--data-dir", "/nowhere"], {
      writeOut: () => undefined,
      writeErr: (text) => {
        err += text;
      },
      isTerminal: false,
    });
    expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
    expect(err).toContain(said);
  });
});
