/** What a person reads while things happen: steps with their time, bars with rate and time left, tables. */
import type { Clock } from "@thewatcher/kit/clock";

export interface Report {
  readonly stage: string;
  /** From 0 to 1, where it is known. */
  readonly fraction?: number | undefined;
  /** "123,456 rows", for a bar without a known end. */
  readonly detail?: string | undefined;
}

export interface Console {
  line(text: string): void;
  /** Shows the step under way; on a terminal as one line that is rewritten, elsewhere at most every five seconds. */
  progress(report: Report): void;
  /** Ends the step under way with its time, or with the one given where steps were done together. */
  done(step: string, detail: string, durationMs?: number): void;
}

const BAR_WIDTH = 24;
const REDRAW_EVERY_MS = 100;
const PLAIN_LINE_EVERY_MS = 5_000;

export function createConsole(options: {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly clock: Clock;
}): Console {
  const { write, isTerminal, columns, clock } = options;
  const openedMs = clock.monotonicMs();
  let stepStartedMs = openedMs;
  let shownMs = openedMs;
  let shown = false;
  let stage = "";
  let stageStartedMs = openedMs;

  const clear = (): void => {
    if (shown) write("\r\u001b[2K");
    shown = false;
  };
  return {
    line(text) {
      clear();
      write(`${text}\n`);
    },
    progress(report) {
      const nowMs = clock.monotonicMs();
      if (report.stage !== stage) {
        stage = report.stage;
        stageStartedMs = nowMs;
      } else if (nowMs - shownMs < (isTerminal ? REDRAW_EVERY_MS : PLAIN_LINE_EVERY_MS)) {
        return;
      }
      if (!isTerminal && nowMs - shownMs < PLAIN_LINE_EVERY_MS) return;
      shownMs = nowMs;
      const text = describe(report, nowMs - stageStartedMs);
      if (isTerminal) {
        write(`\r\u001b[2K${text.slice(0, columns - 1)}`);
        shown = true;
      } else {
        write(`${text}\n`);
      }
    },
    done(step, detail, durationMs) {
      clear();
      const nowMs = clock.monotonicMs();
      write(`  ✔ ${step.padEnd(20)} ${seconds(durationMs ?? nowMs - stepStartedMs).padStart(7)}  ${detail}\n`);
      stepStartedMs = nowMs;
      shownMs = nowMs;
      stage = "";
    },
  };
}

function describe({ stage, fraction, detail }: Report, elapsedMs: number): string {
  const tail = detail ? `  ${detail}` : "";
  if (fraction === undefined) return `  … ${stage}${tail}`;
  const share = Math.min(1, Math.max(0, fraction));
  const filled = Math.round(share * BAR_WIDTH);
  const leftMs = share > 0.02 ? (elapsedMs / share) * (1 - share) : undefined;
  const left = leftMs === undefined || leftMs < 500 ? "" : `  ${seconds(leftMs)} left`;
  return `  ${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)} ${String(Math.round(share * 100)).padStart(3)}%  ${stage}${tail}${left}`;
}

/** "12.3 s", "2 min 5 s": rounded before it is split, so that no minute has 60 seconds. */
export function seconds(durationMs: number): string {
  const tenths = Math.round(durationMs / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const whole = Math.round(durationMs / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Columns aligned by their widest cell; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
