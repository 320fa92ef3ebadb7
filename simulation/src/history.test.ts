import { createHash } from "node:crypto";
import { storedEventSchemas } from "@thewatcher/contracts/events";
import { DecisionId, EventId } from "@thewatcher/contracts/ids";
import { topics } from "@thewatcher/contracts/topics";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "./catalogue.ts";
import { generateEvents, uuidV7 } from "./history.ts";
import { createWorld } from "./world.ts";

const worldNow = Date.UTC(2026, 10, 23, 12);
const catalogue = loadCatalogue({ worldNow });
const smallWorld = (seed: number) => createWorld({ seed, worldNow, catalogue, profileCount: 80 });
const world = smallWorld(1);
const events = [...generateEvents(world)];

describe("a small world, all of its events", () => {
  test("every event is valid, on the topic that its type belongs to, keyed by its profile", () => {
    for (const { topic, key, event } of events) {
      // Parsed strictly equal: nothing is stripped, defaulted or coerced on the way.
      expect(storedEventSchemas[event.type].parse(event)).toEqual(event);
      expect(key).toBe(event.profileId);
      expect(topic).toBe(
        ["rate", "watchlist", "not_interested"].includes(event.type) ? topics.stated.name : topics.behaviour.name,
      );
    }
  });

  test("every event speaks of a known profile and title, and suits the profile's age mark", () => {
    for (const { event } of events) {
      const profileIndex = world.profileIndexOf(event.profileId);
      const titleIndex = "titleId" in event.payload ? world.titleIndexOf(event.payload.titleId) : undefined;
      expect(profileIndex).toBeDefined();
      expect(titleIndex).toBeDefined();
      expect(world.isSuitable(profileIndex!, titleIndex!)).toBe(true);
    }
  });

  test("events come in the order of time, known after they happened and before the present, each with its own identifier", () => {
    const present = new Date(worldNow).toISOString();
    let previous = "";
    for (const { event } of events) {
      expect(event.occurredAt >= previous).toBe(true);
      expect(event.occurredAt < event.sentAt && event.sentAt < event.receivedAt).toBe(true);
      expect(event.knownAt).toBe(event.receivedAt);
      expect(event.receivedAt < present).toBe(true);
      previous = event.occurredAt;
    }
    expect(new Set(events.map(({ event }) => event.eventId)).size).toBe(events.length);
  });

  test("one play_stop for each watched title, and nothing else counts as a watch", () => {
    const stops = events.filter(({ event }) => event.type === "play_stop").length;
    const watches = world.profiles.reduce((sum, _, index) => sum + world.historyOf(index).count, 0);
    expect(stops).toBe(watches);
  });

  test("of the last day each page is whole: one click at a position that was shown, then its play", () => {
    interface Page {
      readonly shown: Map<number, string>;
      readonly clicks: [number, string][];
      readonly starts: string[];
    }
    const pages = new Map<string, Page>();
    for (const { event } of events) {
      if (event.decisionId === undefined || event.position === undefined) continue;
      const page: Page = pages.get(event.decisionId) ?? { shown: new Map(), clicks: [], starts: [] };
      pages.set(event.decisionId, page);
      if (event.type === "impression") page.shown.set(event.position, event.payload.titleId);
      if (event.type === "click") page.clicks.push([event.position, event.payload.titleId]);
      if (event.type === "play_start") page.starts.push(event.payload.titleId);
    }
    expect(pages.size).toBeGreaterThan(10);
    for (const [decisionId, page] of pages) {
      DecisionId.parse(decisionId);
      expect(page.clicks).toHaveLength(1);
      const [position, titleId] = page.clicks[0]!;
      expect(page.shown.get(position)).toBe(titleId);
      expect(page.starts).toEqual([titleId]);
    }
  });

  test("the same seed gives the same bytes; another seed gives others", () => {
    const digest = (seed: number) => {
      const hash = createHash("sha256");
      for (const { event } of generateEvents(smallWorld(seed))) hash.update(JSON.stringify(event));
      return hash.digest("hex");
    };
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });

  test("golden: the first thousand events of seed 1", () => {
    const hash = createHash("sha256");
    for (const { event } of events.slice(0, 1000)) hash.update(`${JSON.stringify(event)}\n`);
    expect(hash.digest("hex")).toMatchInlineSnapshot(
      `"08f2ede44ca2889a56e887c98cfc93fd6d36c4b40000bc8da688a5020fba27cc"`,
    );
  });
});

describe("the default world", () => {
  const whole = createWorld({ seed: 1, worldNow, catalogue });

  test("150,000 to 300,000 events in the order of time, one in forty of them checked against the schema", () => {
    const counts: Record<string, number> = {};
    let place = 0;
    let previous = "";
    for (const { event } of generateEvents(whole)) {
      counts[event.type] = (counts[event.type] ?? 0) + 1;
      if (place++ % 40 === 0) storedEventSchemas[event.type].parse(event);
      if (event.occurredAt < previous) throw new Error(`event ${place} goes back in time`);
      previous = event.occurredAt;
    }
    expect(place).toBeGreaterThan(150_000);
    expect(place).toBeLessThan(300_000);
    expect(counts.play_stop).toBeGreaterThan(100_000);
    expect(Object.keys(counts).sort()).toEqual([
      "click",
      "impression",
      "not_interested",
      "play_start",
      "play_stop",
      "rate",
      "watchlist",
    ]);
  });
});

describe("uuidV7", () => {
  test("golden: 48 bits of milliseconds, version 7, variant 10", () => {
    const id = uuidV7(worldNow, 1, 0);
    expect(id.replaceAll("-", "").slice(0, 12)).toBe(worldNow.toString(16).padStart(12, "0"));
    expect(EventId.parse(id)).toBe(id);
  });

  test("any instant, seed and place make a valid identifier that sorts by time", () => {
    const instant = fc.integer({ min: 0, max: 2 ** 47 });
    fc.assert(
      fc.property(instant, instant, fc.integer(), fc.nat(), (a, b, seed, place) => {
        const [first, second] = [uuidV7(a, seed, place), uuidV7(b, seed, place + 1)];
        EventId.parse(first);
        if (a < b) expect(first < second).toBe(true);
        if (a > b) expect(first > second).toBe(true);
      }),
    );
  });
});
