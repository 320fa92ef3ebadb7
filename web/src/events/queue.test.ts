import { type ClientEvent, clientEventSchemas, EVENTS_PER_BATCH_MAX } from "@thewatcher/contracts/events";
import type { TitleId } from "@thewatcher/contracts/ids";
import { describe, expect, test } from "vitest";
import { createFakeTimers } from "./fake-timers.ts";
import {
  BATCH_EVENTS_MAX,
  createEventQueue,
  type EventDraft,
  FAREWELL_EVENTS_MAX,
  QUEUED_EVENTS_MAX,
  type SendOutcome,
} from "./queue.ts";
import { uuid7 } from "./uuid7.ts";

const START_MS = Date.UTC(2026, 10, 23, 10);
const impression = (name: string): EventDraft => ({ type: "impression", payload: { titleId: name as TitleId } });
const click = (name: string): EventDraft => ({ type: "click", payload: { titleId: name as TitleId }, position: 3 });
const answered: SendOutcome = { kind: "answered", answer: { accepted: 0, refused: 0, verdicts: [] } };

/** `outcomes` answer the requests in turn; when they run out, every request is answered. */
function setup(outcomes: readonly SendOutcome[] = []) {
  const timers = createFakeTimers(START_MS);
  const sent: ClientEvent[][] = [];
  const refused: string[] = [];
  let nextRandom = 0;
  const queue = createEventQueue({
    async send(events) {
      sent.push([...events]);
      return outcomes[sent.length - 1] ?? answered;
    },
    now: timers.now,
    schedule: timers.schedule,
    newId: (nowMs) => uuid7(nowMs, (bytes) => bytes.fill(nextRandom++ % 256)),
    onRefused: (event, detail) => refused.push(`${event.type}: ${detail}`),
  });
  return { timers, sent, refused, queue };
}

const names = (events: readonly ClientEvent[] | undefined) =>
  (events ?? []).map((event) => ("titleId" in event.payload ? event.payload.titleId : ""));

describe("event queue", () => {
  test("events of one second leave in one request, valid by the contract, in order", async () => {
    const { timers, sent, queue } = setup();
    queue.add(impression("a"));
    await timers.advance(400);
    queue.add(impression("b"));
    await timers.advance(599);
    expect(sent).toHaveLength(0);
    await timers.advance(1);
    expect(sent.map(names)).toEqual([["a", "b"]]);
    for (const event of sent[0] ?? []) expect(clientEventSchemas.impression.safeParse(event).success).toBe(true);
    expect(sent[0]?.[1]).toMatchObject({ occurredAt: "2026-11-23T10:00:00.400Z", sentAt: "2026-11-23T10:00:01.000Z" });
  });

  test("a click leaves at once and takes along what waited", async () => {
    const { timers, sent, queue } = setup();
    queue.add(impression("a"));
    queue.add(click("b"), "urgent");
    await timers.advance(0);
    expect(sent.map(names)).toEqual([["a", "b"]]);
    expect(sent[0]?.[1]?.position).toBe(3);
    expect(queue.lastActAcknowledgedMs()).toBe(START_MS);
  });

  test("what an overloaded collector refused waits as long as it said, and no longer than half a minute", async () => {
    const { timers, sent, queue } = setup([
      { kind: "retriable", afterMs: 7_000 },
      { kind: "retriable", afterMs: 3_600_000 },
    ]);
    queue.add(click("a"), "urgent");
    await timers.advance(0);
    await timers.advance(6_999);
    expect(sent).toHaveLength(1);
    await timers.advance(1);
    expect(sent).toHaveLength(2);
    await timers.advance(29_999);
    expect(sent).toHaveLength(2);
    await timers.advance(1);
    expect(sent.map(names)).toEqual([["a"], ["a"], ["a"]]);
    expect(new Set(sent.flat().map(({ eventId }) => eventId)).size).toBe(1);
  });

  test("a failed request is sent again with the same ids, after 1, 2, 4 s, and newer events wait behind it", async () => {
    const retriable: SendOutcome = { kind: "retriable" };
    const { timers, sent, queue } = setup([retriable, retriable, retriable]);
    queue.add(click("a"), "urgent");
    await timers.advance(999);
    expect(sent).toHaveLength(1);
    await timers.advance(1);
    expect(sent).toHaveLength(2);
    queue.add(click("b"), "urgent");
    await timers.advance(2_000);
    expect(sent).toHaveLength(3);
    await timers.advance(4_000);
    expect(sent.map(names)).toEqual([["a"], ["a"], ["a", "b"], ["a", "b"]]);
    expect(new Set(sent.map((batch) => batch[0]?.eventId)).size).toBe(1);
    expect(new Set(sent.map((batch) => batch[0]?.occurredAt)).size).toBe(1);
    expect(queue.waitingCount()).toBe(0);
  });

  test("a rejected request is not sent again", async () => {
    const { timers, sent, queue } = setup([{ kind: "rejected", status: 401 }]);
    queue.add(click("a"), "urgent");
    await timers.advance(60_000);
    expect(sent).toHaveLength(1);
    expect(queue.waitingCount()).toBe(0);
  });

  test("one request holds no more than the contract's batch", async () => {
    expect(BATCH_EVENTS_MAX).toBe(EVENTS_PER_BATCH_MAX);
    const { timers, sent, queue } = setup();
    for (let i = 0; i < 1_201; i++) queue.add(impression(`t${i}`));
    await timers.advance(1_000);
    expect(sent.map((batch) => batch.length)).toEqual([500, 500, 201]);
  });

  test("a full queue gives up its oldest impressions and keeps what the viewer did", async () => {
    const { timers, sent, queue } = setup([{ kind: "retriable" }]);
    queue.add(click("first"), "urgent");
    for (let i = 0; i < QUEUED_EVENTS_MAX + 10; i++) queue.add(impression(`t${i}`));
    await timers.advance(0);
    expect(queue.waitingCount()).toBe(QUEUED_EVENTS_MAX);
    await timers.advance(1_000);
    expect(names(sent[1]).slice(0, 2)).toEqual(["first", "t11"]);
  });

  test("a leaving page sends all at once, in requests that outlive it", () => {
    const { sent, queue } = setup();
    for (let i = 0; i < FAREWELL_EVENTS_MAX + 5; i++) queue.add(impression(`t${i}`));
    queue.farewell();
    expect(sent.map((batch) => batch.length)).toEqual([FAREWELL_EVENTS_MAX, 5]);
  });

  test("what can't be sent before a change of profile is dropped, never sent as another's", async () => {
    const { timers, sent, queue } = setup([{ kind: "retriable" }]);
    queue.add(impression("a"));
    await queue.drain();
    await timers.advance(60_000);
    expect(sent.map(names)).toEqual([["a"]]);
    queue.add(impression("b"));
    await timers.advance(60_000);
    expect(names(sent.at(-1))).toEqual(["b"]);
  });

  test("an event refused by itself is reported with the collector's words", async () => {
    const { timers, refused, queue } = setup([
      {
        kind: "answered",
        answer: {
          accepted: 1,
          refused: 1,
          verdicts: [
            { kind: "accepted", eventId: "x" },
            { kind: "refused", index: 1, cause: "unknown_title", detail: "no title b" },
          ],
        },
      },
    ]);
    queue.add(impression("a"));
    queue.add(click("b"), "urgent");
    await timers.advance(0);
    expect(refused).toEqual(["click: no title b"]);
  });
});
