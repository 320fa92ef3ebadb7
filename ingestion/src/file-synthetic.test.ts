import { isSyntheticProfile, SYNTHETIC_PROFILES, syntheticProfileId } from "@thewatcher/contracts/synthetic";
import type { LogRecord } from "@thewatcher/stores/event-log/port";
import { expect, test } from "vitest";
import { fileSynthetic } from "./file-synthetic.ts";
import { NOON, storedEvent } from "./testing/events.ts";

const recordOf = (profileId: string, value?: string): LogRecord => {
  const event = storedEvent("click", NOON, { titleId: "t-1" }, { profileId });
  return { key: profileId, offset: 0, value: Buffer.from(value ?? JSON.stringify(event)) } as unknown as LogRecord;
};
const jsonOf = ({ value }: LogRecord) => JSON.parse(Buffer.from(value).toString("utf8"));

test("an event of the synthetic viewer keeps place, id and instants, and loses type and title", () => {
  const viewer = recordOf("p-1");
  const synthetic = recordOf(syntheticProfileId(3));
  const filed = fileSynthetic([viewer, synthetic]);
  expect(filed[0]).toBe(viewer);
  expect(filed[1]).toMatchObject({ key: synthetic.key, offset: 0 });
  expect(jsonOf(filed[1]!)).toEqual({ ...jsonOf(synthetic), type: "synthetic", payload: {} });
});

test("what is no event stays what it is, and a batch without the synthetic viewer is not touched", () => {
  const broken = recordOf(syntheticProfileId(0), "{");
  expect(fileSynthetic([broken])).toEqual([broken]);
  const records = [recordOf("p-1"), recordOf("synthetic")];
  expect(fileSynthetic(records)).toBe(records);
});

test("its profiles are these and no other", () => {
  expect(isSyntheticProfile(syntheticProfileId(SYNTHETIC_PROFILES - 1))).toBe(true);
  for (const id of ["p-1", "synthetic", "synthetic-viewer", "0198f1c0-0000-7000-8000-000000000000"])
    expect(isSyntheticProfile(id)).toBe(false);
});
