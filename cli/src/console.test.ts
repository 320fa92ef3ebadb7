import { createSimulatedClock, type SimulatedClock } from "@thewatcher/kit/clock";
import { beforeEach, describe, expect, test } from "vitest";
import { type Console, createConsole, seconds, table, thousands } from "./console.ts";

const CLEAR = "\r\u001b[2K";
let clock: SimulatedClock;
let written: string[];
beforeEach(() => {
  clock = createSimulatedClock(0);
  written = [];
});
const open = (isTerminal: boolean, columns = 200): Console =>
  createConsole({ write: (text) => void written.push(text), isTerminal, columns, clock });

describe("on a terminal", () => {
  test("a bar with its share, what is done, and the time left", async () => {
    const console = open(true);
    console.progress({ stage: "importing", fraction: 0, detail: "0 rows" });
    await clock.advance(3_000);
    console.progress({ stage: "importing", fraction: 0.25, detail: "250 rows, 83 rows/s" });
    // 3 s for a quarter: 9 s for the rest.
    expect(written).toEqual([
      `${CLEAR}  ${"░".repeat(24)}   0%  importing  0 rows`,
      `${CLEAR}  ${"█".repeat(6)}${"░".repeat(18)}  25%  importing  250 rows, 83 rows/s  9.0 s left`,
    ]);
  });

  test("a step of unknown length shows no bar; shares beyond the ends are the ends", async () => {
    const console = open(true);
    console.progress({ stage: "a" });
    console.progress({ stage: "b", fraction: 1.2 });
    console.progress({ stage: "c", fraction: -1 });
    expect(written).toEqual([
      `${CLEAR}  … a`,
      `${CLEAR}  ${"█".repeat(24)} 100%  b`,
      `${CLEAR}  ${"░".repeat(24)}   0%  c`,
    ]);
  });

  test("redrawn at most every 100 ms, at once for another step, never wider than the terminal", async () => {
    const console = open(true, 20);
    console.progress({ stage: "a", detail: "x".repeat(100) });
    for (let i = 0; i < 10; i++) {
      await clock.advance(20);
      console.progress({ stage: "a" });
    }
    console.progress({ stage: "b" });
    expect(written.length).toBe(1 + 2 + 1);
    for (const text of written) expect(text.slice(CLEAR.length).length).toBeLessThan(20);
  });

  test("a line, or the end of the step, takes the bar off first", async () => {
    const console = open(true);
    console.progress({ stage: "a" });
    await clock.advance(1_500);
    console.done("a", "all of it");
    console.line("next");
    await clock.advance(500);
    console.done("b", "");
    expect(written.slice(1)).toEqual([
      CLEAR,
      `  ✔ ${"a".padEnd(20)}   1.5 s  all of it\n`,
      "next\n",
      `  ✔ ${"b".padEnd(20)}   0.5 s  \n`,
    ]);
  });
});

test("elsewhere a line at most every five seconds, no control characters", async () => {
  const console = open(false);
  for (let i = 0; i <= 120; i++) {
    console.progress({ stage: i < 60 ? "a" : "b", fraction: i / 120 });
    await clock.advance(100);
  }
  console.done("all", "");
  expect(written.length).toBe(2 + 1);
  expect(written.join("")).not.toContain("\u001b");
  for (const text of written) expect(text.endsWith("\n")).toBe(true);
});

test.each([
  [0, "0.0 s"],
  [1_234, "1.2 s"],
  [59_940, "59.9 s"],
  [59_960, "1 min 0 s"],
  [119_700, "2 min 0 s"],
  [125_000, "2 min 5 s"],
])("%d ms is %s", (durationMs, text) => {
  expect(seconds(durationMs)).toBe(text);
});

test("numbers in groups of three", () => {
  expect([thousands(0), thousands(999_610.6)]).toEqual(["0", "999,611"]);
});

test("a table lines up: numbers to the right, text to the left, nothing behind the last column", () => {
  expect(
    table(
      ["#", "title", "x"],
      [
        [1, "A", ""],
        [10, "Longer", "y"],
      ],
    ),
  ).toBe(" #  title   x\n 1  A\n10  Longer  y");
  expect(table(["a"], [])).toBe("a");
});
