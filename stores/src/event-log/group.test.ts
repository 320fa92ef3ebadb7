import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGroup } from "./group.ts";
import type { LogRecord, Subscription } from "./port.ts";

describe("the readers of a group", () => {
  test("whatever fails, joins, leaves or lingers: no record is skipped, none is handled before its turn, none side by side", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const rng = createRng(seed);
        const clock = createSimulatedClock(0);
        const partitionCount = 1 + rng.int(3);
        const ends = new Array<number>(partitionCount).fill(0);
        const positions = new Array<number>(partitionCount).fill(0);
        const busy = new Set<number>();
        const broken: string[] = [];
        const chance = (share: number) => rng.next() < share;
        const failIfUnlucky = (what: string) => {
          if (chance(0.1)) throw new Error(what);
        };
        const group = createGroup(
          {
            topic: "t",
            partitionCount,
            nextOffset: (p) => ends[p]!,
            appendedBytes: (p) => ends[p]!,
            read(p, from, limits) {
              failIfUnlucky("read");
              const count = Math.min(limits.recordsMax, ends[p]! - from);
              return Array.from(
                { length: count },
                (_, i): LogRecord => ({
                  offset: from + i,
                  key: "",
                  value: new Uint8Array(1),
                }),
              );
            },
            position: (p) => positions[p]!,
            async savePosition(p, nextOffset) {
              await Promise.resolve();
              failIfUnlucky("save");
              positions[p] = nextOffset;
            },
          },
          clock,
        );
        const join = () =>
          group.join({
            group: "g",
            topic: "t",
            recordsMax: 1 + rng.int(5),
            bytesMax: 10,
            lingerMs: rng.int(2) * 50,
            async handle({ partition, records }) {
              // Not by `expect`: a handler that throws is called again, which would hide it.
              if (busy.has(partition)) broken.push(`partition ${partition} side by side`);
              if (records.length === 0) broken.push("an empty batch");
              for (const [i, { offset }] of records.entries()) {
                if (offset !== positions[partition]! + i) broken.push(`offset ${offset} out of turn`);
              }
              busy.add(partition);
              if (chance(0.5)) await clock.sleep(rng.int(20));
              busy.delete(partition);
              failIfUnlucky("handle");
            },
            onError: () => failIfUnlucky("listener"),
          });
        const members: Subscription[] = [];
        const closing: Promise<void>[] = [];
        const settle = async () => {
          for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
        };
        for (let step = 0; step < 60; step++) {
          const dice = rng.next();
          if (dice < 0.15 || members.length === 0) members.push(join());
          else if (dice < 0.25) closing.push(members.splice(rng.int(members.length), 1)[0]!.close());
          else if (dice < 0.7) {
            const partition = rng.int(partitionCount);
            ends[partition]! += 1 + rng.int(6);
            group.wake(partition);
          } else await clock.advance(rng.int(200));
          if (chance(0.3)) await settle();
        }
        members.push(join());
        const caughtUp = members.at(-1)!.caughtUp();
        let done = false;
        void caughtUp.then(() => {
          done = true;
        });
        for (let i = 0; i < 2_000 && !done; i++) {
          await clock.advance(1_000);
          await settle();
        }
        expect(positions).toEqual(ends);
        closing.push(...members.map((member) => member.close()));
        for (let i = 0; i < 50; i++) {
          await clock.advance(100);
          await settle();
        }
        await Promise.all(closing);
        expect(group.busy()).toBe(false);
        expect(broken).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

test("a reader that leaves while its store is asked how far it is ends all the same", async () => {
  let answer: (offset: number) => void = () => undefined;
  const group = createGroup(
    {
      topic: "t",
      partitionCount: 1,
      nextOffset: () => 0,
      appendedBytes: () => 0,
      read: () => [],
      position: () => 0,
      savePosition: async () => undefined,
    },
    createSimulatedClock(0),
  );
  const reader = group.join({
    group: "g",
    topic: "t",
    recordsMax: 1,
    bytesMax: 1,
    lingerMs: 0,
    handle: async () => undefined,
    resumeAt: () => new Promise((resolve) => (answer = resolve)),
  });
  const closed = reader.close();
  answer(0);
  await closed;
  expect(group.busy()).toBe(false);
});
