import { NOON, storedEvent } from "@thewatcher/ingestion/testing/events";
import { openTestStores } from "@thewatcher/ingestion/testing/stores";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { describe, expect, test } from "vitest";
import type { RoleContext } from "./part.ts";
import { composeSink } from "./sink.ts";
import type { RoleStores } from "./table.ts";

describe("the role sink", () => {
  test("is not ready while a partition fails again and again, with the reason, and ready when it passes", async () => {
    const clock = createSimulatedClock(NOON);
    await using stores = await openTestStores(clock);
    await using lifecycle = createLifecycle(silentLog);
    const positions = new Map<string, number>();
    let isFull = true;
    const warehouse = {
      async insertEvents({ records }: { records: readonly unknown[] }) {
        if (isFull) throw new Error("Code: 243. DB::Exception: not enough space");
        return { inserted: records.length, undecodable: [] };
      },
      async advance({ nextOffset }: { nextOffset: number }) {
        return nextOffset;
      },
      positions: async () => [...positions],
    };
    const part = composeSink(
      { ...stores, warehouse, objects: {} } as unknown as RoleStores<"sink">,
      { clock, lifecycle, logOf: () => silentLog } as unknown as RoleContext,
      { foldsStates: false, archives: false, onAudit: () => undefined },
    );
    await part.start?.();
    expect(part.unready?.()).toBeUndefined();
    const event = storedEvent("click", NOON, { titleId: "t" });
    await stores.eventLog.append("behaviour", [{ key: event.profileId, value: JSON.stringify(event) }]);
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        await clock.advance(500);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    while (part.unready?.() === undefined) await turns();
    expect(part.unready?.()).toMatch(
      /^sink: behaviour\/\d waits after \d+ attempts: Code: 243\. DB::Exception: not enough space$/,
    );
    isFull = false;
    while ((await part.sink.lag()) > 0) await turns();
    expect(part.unready?.()).toBeUndefined();
  });
});
