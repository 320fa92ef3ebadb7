import type { AuditedPartition, AuditReport } from "@thewatcher/ingestion/audit";
import { describe, expect, test } from "vitest";
import { auditText } from "./audit.ts";

const PARTITION: AuditedPartition = {
  topic: "behaviour",
  partition: 2,
  log: { fromOffset: 0, toOffset: 1_000 },
  position: 990,
  lag: 10,
  missing: 0,
  missingRanges: [],
  deadLetters: 3,
  erased: 0,
  beyond: 0,
  different: 0,
  differentOffsets: [],
  hours: [{ hour: "2026-11-23T10", rows: 500, missing: 0 }],
};
const reportOf = (partition: Partial<AuditedPartition>, deep = false): AuditReport => {
  const whole = { ...PARTITION, ...partition };
  const { missing, beyond, different, lag } = whole;
  return { at: "2026-11-23T12:00:00.000Z", deep, missing, beyond, different, lag, partitions: [whole] };
};

describe("what `thewatcher audit` prints", () => {
  test("one line a partition, and that nothing is missing", () => {
    expect(auditText(reportOf({})).split("\n")).toEqual([
      "topic      partition  log from    to  warehouse at  lag  missing  dead letters  erased  beyond  different",
      "behaviour          2         0  1000           990   10        0             3       0       0  –",
      "",
      "Nothing is missing. 10 records wait for the sink.",
    ]);
    expect(auditText(reportOf({ lag: 0 }, true))).toMatch(
      /Every record below the warehouse's position is there, as it is in the log\.$/,
    );
  });

  test("what is missing, by hour and by offset, and what to do", () => {
    const text = auditText(
      reportOf({
        missing: 9,
        missingRanges: [
          { fromOffset: 7, toOffset: 8 },
          { fromOffset: 20, toOffset: 23 },
        ],
        hours: [{ hour: "2026-11-23T10", rows: 500, missing: 9 }],
      }),
    );
    expect(text).toContain("behaviour          2  2026-11-23T10   500        9");
    expect(text).toContain("behaviour/2: missing offsets 7, 20–22, …");
    expect(text).toContain("9 records are missing; `thewatcher replay` puts their days in again");
  });

  test("rows that are not this log's", () => {
    const text = auditText(reportOf({ beyond: 1_234, different: 1, differentOffsets: [5] }, true));
    expect(text).toContain("behaviour/2: another event than the log's at offsets 5");
    expect(text).toContain("behaviour/2: 1,234 rows behind the end of the log: the warehouse is not this log's");
    expect(text).toContain("The warehouse holds rows that are not this log's.");
  });
});
