/**
 * Runs the tasks of one kernel on several threads over one shared memory.
 *
 * A job is a list of tasks, each the arguments of one call. The caller's thread takes part: every thread takes the next
 * task off one atomic counter until none is left, so a helper that starts late, or never, costs nothing but its help.
 * Which thread runs a task decides no bit: tasks write to different places, and their number and cut depend on sizes
 * alone, never on the number of threads.
 *
 * Helpers are started by the first job that has work for them, shared by all jobs of this thread, never keep the process
 * alive, and end `IDLE_MS` after the last job, which also lets go of the memories they saw. They are worker threads made
 * from a text, so there is no file to find from source, from dist or inside another worker; the compiled module comes
 * with the job.
 */
import { Worker } from "node:worker_threads";
import { assert } from "@thewatcher/kit/assert";

/** Threads that one job uses at most; beyond it the memory's bandwidth is what waits. */
export const WORKERS_MAX = 16;
/** Between two jobs of one fit lie milliseconds; starting a helper takes some 20. */
const IDLE_MS = 2_000;
/** Between two looks at whether a helper has died, while this thread waits for the last tasks. */
const WAIT_MS = 5;
/** Looks after a death before its task is given up: 10 s, where a task takes some 0.1 s. */
const LOOKS_MAX = 2_000;
/** A helper computes in the shared memory; its own heap holds a few messages. */
const HELPER_HEAP_MIB = 32;

/** Cells of a job's control block: the next task to take, tasks ended. */
const NEXT = 0;
const ENDED = 1;
/** The answer of a task that trapped: a bug, never a kernel's own answer. */
const TRAPPED = -(2 ** 31);

type Kernel = (...args: number[]) => number;

export interface Job {
  /** Of the kernels' instance: a helper keeps the last one open. */
  readonly id: number;
  readonly module: unknown;
  readonly memory: unknown;
  readonly name: string;
  /** `taskCount` times `arity` arguments. */
  readonly args: Float64Array;
  readonly arity: number;
  readonly taskCount: number;
  readonly results: Int32Array;
  readonly control: Int32Array;
  /** Each thread's scratch memory is the last argument of its calls. */
  readonly scratchAddress: number;
  readonly scratchBytes: number;
}

const HELPER = `
const { parentPort } = require("node:worker_threads");
let open = { id: -1, kernels: undefined };
parentPort.on("message", ({ job, thread }) => {
  const { id, module, memory, name, args, arity, taskCount, results, control, scratchAddress, scratchBytes } = job;
  if (Atomics.load(control, ${NEXT}) >= taskCount) return;
  if (open.id !== id) open = { id, kernels: new WebAssembly.Instance(module, { env: { memory } }).exports };
  const scratch = scratchAddress + thread * scratchBytes;
  for (;;) {
    const task = Atomics.add(control, ${NEXT}, 1);
    if (task >= taskCount) return;
    let result = ${TRAPPED};
    try {
      result = open.kernels[name](...args.subarray(task * arity, (task + 1) * arity), scratch);
    } catch {}
    Atomics.store(results, task, result);
    Atomics.add(control, ${ENDED}, 1);
    Atomics.notify(control, ${ENDED});
  }
});
`;

const helpers: Worker[] = [];
let deaths = 0;
let running = 0;
let idleTimer: NodeJS.Timeout | undefined;

function startHelper(): Worker {
  const helper = new Worker(HELPER, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HELPER_HEAP_MIB },
  });
  const gone = (): void => {
    const position = helpers.indexOf(helper);
    if (position < 0) return;
    helpers.splice(position, 1);
    deaths += 1;
  };
  // Without a listener an error would end the process; a task it was in is noticed by `waitForOthers`.
  helper.on("error", gone);
  helper.on("exit", gone);
  helper.unref();
  return helper;
}

/** Ends the helpers of this thread now instead of `IDLE_MS` after their last job. */
export async function endHelpers(): Promise<void> {
  clearTimeout(idleTimer);
  await Promise.all(helpers.splice(0).map((helper) => helper.terminate()));
}

/** Tasks that were taken end before the memory they write to is given back. */
async function waitForOthers({ control }: Job, taken: number, deathsBefore: number): Promise<void> {
  let looks = 0;
  for (;;) {
    const ended = Atomics.load(control, ENDED);
    if (ended >= taken) return;
    // A helper that could not start had no task.
    if (deaths > deathsBefore) looks += 1;
    assert(looks <= LOOKS_MAX, "a helper thread of the kernels died in a task");
    Atomics.wait(control, ENDED, ended, WAIT_MS);
    // A death is told by the event loop.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/**
 * Runs every task once, on `threads` threads at most; `step` is called after each task of this thread with the fraction
 * done and may throw to stop: no further task then begins. Answers 0, or the answer of the first task, in the order
 * given, that is negative.
 */
export async function runJob(
  job: Job,
  kernel: Kernel,
  threads: number,
  step: (fraction: number) => Promise<void>,
): Promise<number> {
  const { args, arity, taskCount, results, control, scratchAddress } = job;
  const helperCount = Math.min(threads, taskCount) - 1;
  const deathsBefore = deaths;
  running += 1;
  clearTimeout(idleTimer);
  while (helpers.length < helperCount) helpers.push(startHelper());
  for (let h = 0; h < helperCount; h++) helpers[h]?.postMessage({ job, thread: h + 1 });
  try {
    for (let task = Atomics.add(control, NEXT, 1); task < taskCount; task = Atomics.add(control, NEXT, 1)) {
      try {
        results[task] = kernel(...args.subarray(task * arity, (task + 1) * arity), scratchAddress);
      } finally {
        Atomics.add(control, ENDED, 1);
      }
      await step(Atomics.load(control, ENDED) / taskCount);
    }
  } finally {
    const taken = Math.min(taskCount, Atomics.exchange(control, NEXT, taskCount));
    await waitForOthers(job, taken, deathsBefore);
    running -= 1;
    if (running === 0 && helpers.length > 0) idleTimer = setTimeout(() => void endHelpers(), IDLE_MS).unref();
  }
  for (const result of results) {
    assert(result !== TRAPPED, "a kernel keeps inside its memory", () => job.name);
    if (result < 0) return result;
  }
  return 0;
}
