import {
  EVENT_BATCH_BYTES_MAX,
  EVENT_BYTES_MAX,
  EVENT_TYPES,
  EVENTS_PER_BATCH_MAX,
  EventBatchAnswer,
  isStated,
  SERVER_ONLY_EVENT_TYPES,
  storedEventSchemas,
} from "@thewatcher/contracts/events";
import { problemTypes } from "@thewatcher/contracts/problems";
import { DeadLetter } from "@thewatcher/contracts/topics/dead-letters";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { EventLog } from "@thewatcher/stores/event-log/port";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CollectorDeps, createCollector, PROFILE_HEADER, type StatedEvent } from "./collector.ts";
import { parseLetter, wholeRaw } from "./dead-letter.ts";
import { APP_EVENT_AGE_MS_MAX, FUTURE_TOLERANCE_MS, HISTORY_FLOOR } from "./judge.ts";
import { NOON } from "./testing/events.ts";
import { openTestStores, readJson, type TestStores } from "./testing/stores.ts";

const clock = createSimulatedClock(NOON);
const keys = generateTokenKeys();
const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "ingestion", clock });
const iso = (ms: number) => new Date(ms).toISOString();

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores(clock);
});
afterAll(() => stores[Symbol.asyncDispose]());

interface Setup {
  readonly eventLog?: EventLog;
  readonly stated?: CollectorDeps["stated"];
}
function setUp({ eventLog = stores.eventLog, stated }: Setup = {}) {
  const sent: StatedEvent[] = [];
  const app = createCollector({
    eventLog,
    verifier,
    stated:
      stated ??
      (async (events) => {
        sent.push(...events);
        return { outcomes: events.map(() => ({ kind: "applied" })) };
      }),
    knownTitle: (titleId) => (titleId === "film-none" ? false : titleId === "film-maybe" ? undefined : true),
    clock,
    log: silentLog,
  });
  const post = async (body: unknown, claims: Record<string, unknown> = {}, headers: Record<string, string> = {}) => {
    const token = await signer.sign("ingestion", {
      role: "viewer",
      profileId: "p-1",
      country: "BY",
      device: "web",
      ...claims,
    });
    return app.request("/api/v1/events", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  };
  return { app, post, sent };
}

let serial = 0;
const click = (changes: Record<string, unknown> = {}) => ({
  eventId: deterministicUuid7(`event ${++serial}`, NOON),
  type: "click",
  occurredAt: iso(NOON - 1000),
  sentAt: iso(NOON),
  payload: { titleId: "film-1" },
  ...changes,
});
const answerOf = async (response: Response) => EventBatchAnswer.parse(await response.json());
const behaviourOf = async (eventId: string) =>
  (await readJson(stores.eventLog, "behaviour")).filter((event) => event.eventId === eventId);
const lettersWith = async (text: string) =>
  (await readJson(stores.eventLog, "dead-letters")).filter((letter) => String(letter.raw).includes(text));

describe("an accepted event", () => {
  test("lies in the log when the answer arrives, stamped by the server and never by the body", async () => {
    const { post } = setUp();
    const event = click({
      profileId: "p-evil",
      country: "XX",
      knownAt: iso(0),
      receivedAt: iso(0),
      device: "x",
      extra: 1,
    });
    const response = await post({ events: [event], profileId: "p-evil" });
    expect(response.status).toBe(200);
    expect(await answerOf(response)).toEqual({
      accepted: 1,
      refused: 0,
      verdicts: [{ kind: "accepted", eventId: event.eventId }],
    });
    const [stored] = await behaviourOf(event.eventId);
    expect(stored).toEqual({
      eventId: event.eventId,
      type: "click",
      occurredAt: event.occurredAt,
      sentAt: event.sentAt,
      payload: { titleId: "film-1" },
      version: 1,
      profileId: "p-1",
      device: "web",
      country: "BY",
      receivedAt: iso(NOON),
      knownAt: iso(NOON),
      timeQuality: "observed",
    });
    expect(storedEventSchemas.click.safeParse(stored).success).toBe(true);
  });

  test("has its instants in milliseconds, however many digits came", async () => {
    const { post } = setUp();
    const event = click({ occurredAt: "2026-11-23T09:59:59Z", sentAt: "2026-11-23T09:59:59.123456Z" });
    await post([event]);
    expect(await behaviourOf(event.eventId)).toMatchObject([
      { occurredAt: "2026-11-23T09:59:59.000Z", sentAt: "2026-11-23T09:59:59.123Z" },
    ]);
  });

  test("is taken when nobody can say whether its title exists", async () => {
    const response = await setUp().post([click({ payload: { titleId: "film-maybe" } })]);
    expect(response.status).toBe(200);
  });

  test("goes to the owner of stated preferences when it states one, and not to the log", async () => {
    const { post, sent } = setUp();
    const rate = click({ type: "rate", payload: { titleId: "film-1", stars: 4.5 } });
    const answer = await answerOf(await post([click(), rate, click()]));
    expect(answer.verdicts.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
    expect(sent).toMatchObject([{ eventId: rate.eventId, type: "rate", profileId: "p-1", knownAt: iso(NOON) }]);
    expect(await behaviourOf(rate.eventId)).toEqual([]);
  });

  test("of a machine belongs to the profile of its header", async () => {
    const { post } = setUp();
    const event = click({ occurredAt: iso(HISTORY_FLOOR) });
    const machine = { role: "service", profileId: undefined };
    expect((await post([event], machine, { [PROFILE_HEADER]: "p-77" })).status).toBe(200);
    expect(await behaviourOf(event.eventId)).toMatchObject([{ profileId: "p-77" }]);
  });

  test("holds nothing that PostgreSQL or ClickHouse could not store", async () => {
    const { post } = setUp();
    const event = click({ type: "search", payload: { query: "a\0b\uD800c😀" } });
    expect((await post([event])).status).toBe(200);
    expect(await behaviourOf(event.eventId)).toMatchObject([{ payload: { query: "a\uFFFDb\uFFFDc😀" } }]);
  });
});

describe("a client's clock", () => {
  test("that runs ahead is set back by as much as sentAt lies behind the arrival", async () => {
    const { post } = setUp();
    const aheadMs = 3 * 3_600_000;
    const event = click({ occurredAt: iso(NOON + aheadMs - 1000), sentAt: iso(NOON + aheadMs) });
    expect((await post([event])).status).toBe(200);
    expect(await behaviourOf(event.eventId)).toMatchObject([
      { occurredAt: iso(NOON - 1000), sentAt: iso(NOON + aheadMs), receivedAt: iso(NOON) },
    ]);
  });

  test("that is behind is set forward, by as much when the same bytes come again", async () => {
    const { post } = setUp();
    const behindMs = 3 * 3_600_000;
    const event = click({ occurredAt: iso(NOON - behindMs - 1000), sentAt: iso(NOON - behindMs) });
    expect((await post([event])).status).toBe(200);
    expect((await post([event])).status).toBe(200);
    const stored = { occurredAt: iso(NOON - 1000), sentAt: iso(NOON - behindMs), receivedAt: iso(NOON) };
    expect(await behaviourOf(event.eventId)).toMatchObject([stored, stored]);
  });

  test("that may be no clock at all is believed: the way takes seconds, and a phone may have been offline for days", async () => {
    const { post } = setUp();
    const slow = click({ occurredAt: iso(NOON - 40_000), sentAt: iso(NOON - 30_000) });
    expect((await post([slow])).status).toBe(200);
    expect(await behaviourOf(slow.eventId)).toMatchObject([{ occurredAt: iso(NOON - 40_000) }]);
    const offline = click({ occurredAt: iso(NOON - 86_400_000), sentAt: iso(NOON - 80_000_000) });
    expect((await setUp().post([offline])).status).toBe(200);
    expect(await behaviourOf(offline.eventId)).toMatchObject([{ occurredAt: iso(NOON - 86_400_000) }]);
  });

  test("of a machine is never set forward: it brings histories", async () => {
    const { post } = setUp();
    const event = click({ occurredAt: iso(NOON - 7_200_000), sentAt: iso(NOON - 3_600_000) });
    const machine = { role: "service", profileId: undefined };
    expect((await post([event], machine, { [PROFILE_HEADER]: "p-77" })).status).toBe(200);
    expect(await behaviourOf(event.eventId)).toMatchObject([{ occurredAt: iso(NOON - 7_200_000) }]);
  });

  test.each([
    ["at the tolerance", { occurredAt: iso(NOON + FUTURE_TOLERANCE_MS) }, undefined],
    ["behind the tolerance", { occurredAt: iso(NOON + FUTURE_TOLERANCE_MS + 1) }, "occurred_in_future"],
    ["years ahead", { occurredAt: iso(NOON), sentAt: "9999-12-31T23:59:59Z" }, "occurred_in_future"],
    ["at the oldest", { occurredAt: iso(NOON - APP_EVENT_AGE_MS_MAX) }, undefined],
    ["before the oldest", { occurredAt: iso(NOON - APP_EVENT_AGE_MS_MAX - 1) }, "too_old"],
    ["never set", { occurredAt: "1970-01-01T00:00:01Z", sentAt: "1970-01-01T00:01:00Z" }, "too_old"],
    ["of the year 0", { sentAt: "0000-01-01T00:00:00Z" }, "too_old"],
  ])("%s is judged by the limits, exactly", async (_, times, cause) => {
    const { verdicts } = await answerOf(await setUp().post([click(), click(times)]));
    expect(verdicts[1]).toMatchObject(cause ? { kind: "refused", cause } : { kind: "accepted" });
  });
});

describe("a bad event", () => {
  test.each([
    ["not_an_object", 7],
    ["not_an_object", [1]],
    ["unknown_type", click({ type: "clack" })],
    ["unknown_type", click({ type: "__proto__" })],
    ["unknown_type", click({ type: undefined })],
    ["server_only", click({ type: "erasure", payload: { reason: "operator" } })],
    ["server_only", click({ type: "continue_hidden", payload: { titleId: "film-1" } })],
    ["invalid", click({ payload: {} })],
    ["invalid", click({ eventId: "1" })],
    ["invalid", click({ type: "rate", payload: { titleId: "film-1", stars: 4.3 } })],
    ["invalid", click({ occurredAt: "2026-02-30T00:00:00Z" })],
    ["unknown_title", click({ payload: { titleId: "film-none" } })],
  ])("is refused by itself as %s; its neighbours are accepted", async (cause, bad) => {
    const { post } = setUp();
    const [first, last] = [click(), click()];
    const response = await post({ events: [first, bad, last] });
    expect(response.status).toBe(200);
    const answer = await answerOf(response);
    expect(answer).toMatchObject({ accepted: 2, refused: 1 });
    expect(answer.verdicts).toMatchObject([
      { kind: "accepted" },
      { kind: "refused", index: 1, cause },
      { kind: "accepted" },
    ]);
    expect(await behaviourOf(last.eventId)).toHaveLength(1);
  });

  test("lies among the dead letters when the answer arrives, with its cause and the text that came", async () => {
    const mark = "mark-1";
    const raw = `{ "type":"clack",  "n": 1.000, "mark":"${mark}" }`;
    await setUp().post(`{"events":[ ${JSON.stringify(click())} , ${raw} ]}`);
    const letters = await lettersWith(mark);
    expect(letters).toMatchObject([
      { cause: "unknown_type", raw, profileId: "p-1", device: "web", country: "BY", receivedAt: iso(NOON) },
    ]);
    expect(DeadLetter.safeParse(letters[0]).success).toBe(true);
    expect(letters[0]?.detail).toBe(`type: "clack" is none of ${EVENT_TYPES.join(", ")}`);
  });

  test("is kept whole, however long, also where its beginning would end within a character", async () => {
    for (const padding of ["", "."]) {
      const mark = `mark-2${padding}`;
      const raw = JSON.stringify(click({ type: "clack", mark, padding, text: "é\0😀".repeat(20_000) }));
      expect((await setUp().post(`[${raw}]`)).status).toBe(422);
      const [letter] = await lettersWith(mark);
      const parsed = parseLetter(Buffer.from(JSON.stringify(letter)));
      expect(parsed && wholeRaw(parsed).text).toBe(raw);
      expect(String(letter?.raw).length).toBeLessThanOrEqual(16_384);
      expect(String(letter?.raw)).not.toMatch(/\p{Surrogate}/u);
    }
  });

  test("fits a letter at the largest size that is accepted, whatever has to be escaped in it; larger refuses the body", async () => {
    const frame = '{"type":"clack","mark":"mark-3","text":""}';
    const largest = frame.replace('""', `"${"\\\\".repeat((EVENT_BYTES_MAX - frame.length) / 2)}"`);
    expect(largest).toHaveLength(EVENT_BYTES_MAX);
    const { post } = setUp();
    expect((await post(`[${largest}]`)).status).toBe(422);
    expect(await lettersWith("mark-3")).toHaveLength(1);
    const good = click();
    const response = await post(`[${JSON.stringify(good)},${largest.replace("mark-3", "mark-30")}]`);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      detail: "Nothing was accepted: one event is too large. Send the others without it.",
      errors: [{ path: "events.1", message: "an event of 491521 bytes; at most 491520 are accepted" }],
    });
    expect(await behaviourOf(good.eventId)).toHaveLength(0);
    expect(await lettersWith("mark-3")).toHaveLength(1);
  });

  test("that the owner of stated preferences refuses is a dead letter with the owner's cause", async () => {
    const { post } = setUp({
      stated: async (events) => ({
        outcomes: events.map((event) =>
          "titleId" in event.payload && event.payload.titleId === "film-gone"
            ? { kind: "refused", cause: "unknown_title", detail: "film-gone was withdrawn" }
            : { kind: "applied" },
        ),
      }),
    });
    const gone = click({ type: "watchlist", payload: { titleId: "film-gone" } });
    const kept = click({ type: "watchlist", payload: { titleId: "film-1" } });
    const { verdicts } = await answerOf(await post([gone, kept]));
    expect(verdicts).toMatchObject([{ kind: "refused", index: 0, cause: "unknown_title" }, { kind: "accepted" }]);
    expect(await lettersWith(gone.eventId)).toMatchObject([{ cause: "unknown_title" }]);
  });

  test("among bad ones only is answered 422, a problem that carries every verdict", async () => {
    const response = await setUp().post([click({ payload: {} }), 3]);
    expect(response.status).toBe(422);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({
      type: "/docs/problems/invalid-events",
      errors: [{ path: "events.0" }, { path: "events.1" }],
      accepted: 0,
      refused: 2,
      verdicts: [{ cause: "invalid" }, { cause: "not_an_object" }],
    });
  });
});

describe("a request", () => {
  test("without a token, or with another service's, is refused", async () => {
    const { app } = setUp();
    const request = (headers: Record<string, string>) =>
      app.request("/api/v1/events", { method: "POST", body: "[]", headers });
    expect((await request({})).status).toBe(401);
    expect((await request({ authorization: "Bearer x.y.z" })).status).toBe(401);
    const other = await signer.sign("serving", { role: "viewer", profileId: "p-1", country: "BY", device: "web" });
    expect((await request({ authorization: `Bearer ${other}` })).status).toBe(401);
    const odd = await signer.sign("ingestion", { role: "king", country: "BY", device: "web" });
    expect((await request({ authorization: `Bearer ${odd}` })).status).toBe(401);
  });

  test("of a viewer without a chosen profile is forbidden; a viewer cannot name one by header", async () => {
    const { post } = setUp();
    expect((await post([click()], { profileId: undefined })).status).toBe(403);
    expect((await post([click()], { profileId: undefined }, { [PROFILE_HEADER]: "p-2" })).status).toBe(403);
    const event = click();
    await post([event], {}, { [PROFILE_HEADER]: "p-2" });
    expect(await behaviourOf(event.eventId)).toMatchObject([{ profileId: "p-1" }]);
  });

  test("of a machine without the header says which header is missing", async () => {
    const response = await setUp().post([click()], { role: "service", profileId: undefined });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ path: PROFILE_HEADER }] });
  });

  test.each([
    ["no JSON", "{", 400],
    ["nothing", "", 400],
    ["no events", "{}", 400],
    ["an empty batch", '{"events":[]}', 400],
    ["events that are no array", '{"events":{}}', 400],
    ["a number", "7", 400],
    ["too many events", JSON.stringify(Array.from({ length: EVENTS_PER_BATCH_MAX + 1 }, () => 1)), 413],
    ["too many bytes", `[${" ".repeat(EVENT_BATCH_BYTES_MAX)}]`, 413],
  ])("with %s is a problem", async (_, body, status) => {
    const response = await setUp().post(body);
    expect(response.status).toBe(status);
    const slug = status === 413 ? "body-too-large" : "bad-request";
    expect(await response.json()).toMatchObject({ title: problemTypes[slug].title, status });
  });

  test("with another method says which one is taken", async () => {
    const response = await setUp().app.request("/api/v1/events");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("is not acknowledged, not even in part, when the log cannot be written", async () => {
    const broken = { ...stores.eventLog, append: () => Promise.reject(new Error("the disk is full")) };
    const response = await setUp({ eventLog: broken }).post([click(), 7]);
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(text).not.toMatch(/accepted"|disk/);
    expect(JSON.parse(text)).toMatchObject({ type: "/docs/problems/unavailable" });
  });

  test("leaves nothing in the log when the owner of stated preferences is away", async () => {
    const { post } = setUp({ stated: () => Promise.reject(new Error("connection refused")) });
    const event = click();
    const response = await post([event, click({ type: "rate_undo" })]);
    expect(response.status).toBe(503);
    expect(await behaviourOf(event.eventId)).toEqual([]);
  });

  test("of any JSON is answered event by event or as a problem, never by a failure of ours", async () => {
    const { post } = setUp();
    const nearly = fc.record(
      {
        eventId: fc.oneof(fc.constant(deterministicUuid7("any", NOON)), fc.jsonValue()),
        type: fc.oneof(fc.constantFrom(...EVENT_TYPES), fc.jsonValue()),
        occurredAt: fc.oneof(
          fc.constantFrom(iso(NOON), "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9999Z"),
          fc.jsonValue(),
        ),
        sentAt: fc.oneof(fc.constant(iso(NOON)), fc.jsonValue()),
        payload: fc.oneof(
          fc.dictionary(fc.constantFrom("titleId", "stars", "query", "playbackId", "__proto__"), fc.jsonValue()),
          fc.jsonValue(),
        ),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.array(fc.oneof(nearly, fc.jsonValue()), { minLength: 1 }).map((events) => JSON.stringify({ events })),
      fc.json(),
      fc.string({ unit: "binary" }),
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await post(text);
        expect([200, 400, 422]).toContain(response.status);
        const answer = (await response.json()) as { verdicts?: unknown[] };
        if (response.status !== 400) {
          const sent = JSON.parse(text) as { events?: unknown[] } | unknown[];
          expect(answer.verdicts).toHaveLength((Array.isArray(sent) ? sent : (sent.events ?? [])).length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("nested deeper than the stack is an event like any other bad one", async () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const response = await setUp().post(`[${JSON.stringify(click())},${deep},{"type":"click","payload":${deep}}]`);
    expect(response.status).toBe(200);
    expect(await answerOf(response)).toMatchObject({ accepted: 1, refused: 2 });
  });
});

test("every type of event has an example that is accepted, and lands where its owner reads it", async () => {
  const { post, sent } = setUp();
  const titled = { titleId: "film-1" };
  const played = { ...titled, playbackId: "x", positionSeconds: 1, watchedSeconds: 1 };
  const examples: Record<string, unknown> = {
    impression: titled,
    click: titled,
    play_start: { ...titled, playbackId: "x" },
    play_progress: played,
    play_stop: played,
    rate: { ...titled, stars: 0.5 },
    search: { query: "" },
    exposure: { experimentId: "e", variant: "a" },
    quality: { playbackId: "x", metric: "startup_ms", value: 1 },
  };
  const types = EVENT_TYPES.filter((type) => !(SERVER_ONLY_EVENT_TYPES as readonly string[]).includes(type));
  const events = types.map((type) => click({ type, payload: examples[type] ?? titled }));
  expect((await answerOf(await post(events))).verdicts.map(({ kind }) => kind)).toEqual(types.map(() => "accepted"));
  expect(sent.map(({ type }) => type)).toEqual(types.filter(isStated));
  for (const [i, type] of types.entries()) {
    expect(await behaviourOf(events[i]!.eventId)).toHaveLength(isStated(type) ? 0 : 1);
  }
});
