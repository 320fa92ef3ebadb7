/** The cinema as a person runs it: the `thewatcher` command in processes of its own, over a data folder of the run. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Attach, findRunning } from "@thewatcher/cli/data-folder";
import type { OperationAnswer } from "@thewatcher/cli/operations";
import type { BenchContext } from "./harness.ts";
import { movieLensFolder } from "./movielens.ts";
import { endProcess, type FinishedCommand, runNode } from "./processes.ts";

/** Opening the stores takes a few seconds; slow machines get this. */
const START_MS_MAX = 120_000;
const LOOK_EVERY_MS = 20;
const CLI = fileURLToPath(new URL("../../cli/bin/thewatcher.mjs", import.meta.url));

export interface Answered<Answer> extends FinishedCommand {
  readonly answer: Answer;
}

async function answerOf<Answer>(args: readonly string[], context: BenchContext): Promise<Answered<Answer>> {
  const finished = await runNode([CLI, ...args, "--json"], context);
  return { ...finished, answer: JSON.parse(finished.stdout) as Answer };
}

export const importMovieLens = (dataDir: string, context: BenchContext) =>
  answerOf<OperationAnswer<"importMovielens">>(
    ["import", "movielens", movieLensFolder(context.options), "--data-dir", dataDir],
    context,
  );

export const train = (dataDir: string, context: BenchContext) =>
  answerOf<OperationAnswer<"train">>(["train", "--data-dir", dataDir], context);

export async function prepareTrainedCinema(context: BenchContext): Promise<string> {
  const folder = context.freshFolder("cinema");
  context.say("MovieLens 1M: import and training, once for all that serve it");
  await importMovieLens(folder, context);
  await train(folder, context);
  return folder;
}

export interface RunningCinema {
  readonly pid: number;
  readonly url: string;
  /** Of a machine, for any profile. */
  readonly token: string;
}

/** `thewatcher start` on free ports, from the spawn until it says where it listens; ends with the lifecycle. */
export async function spawnCinema(
  dataDir: string,
  options: { readonly flags: readonly string[]; readonly startMsMax: number },
  { clock, lifecycle, signal }: Pick<BenchContext, "clock" | "lifecycle" | "signal">,
): Promise<Attach> {
  const args = [CLI, "start", ...options.flags, "--data-dir", dataDir, "--port", "0", "--admin-port", "0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  lifecycle.own("cinema", child, () => endProcess(child, clock));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const deadline = clock.monotonicMs() + options.startMsMax;
  for (;;) {
    if (child.exitCode !== null || clock.monotonicMs() > deadline) {
      throw new Error(`the cinema over ${dataDir} did not start:\n${said}`);
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
    const found = findRunning(dataDir);
    if (found && found.pid === child.pid) return found;
  }
}

/** A cinema over imported data with a machine's token, until the end of the benchmark. */
export async function startCinema(dataDir: string, context: BenchContext): Promise<RunningCinema> {
  const running = await spawnCinema(dataDir, { flags: ["--world", "empty"], startMsMax: START_MS_MAX }, context);
  const { answer } = await answerOf<OperationAnswer<"token">>(
    ["token", "--role", "service", "--label", "benchmark", "--data-dir", dataDir],
    context,
  );
  return { pid: running.pid, url: running.url, token: answer.token };
}
