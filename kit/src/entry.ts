/**
 * Modules that start in a process or a worker thread of their own. Compiled, that is the .js beside the caller; run from
 * source (tests, `npm run dev`), the .ts beside it through tsx, with the condition that finds our packages' sources.
 */
import { fileURLToPath } from "node:url";

const SOURCE_CONDITION = "--conditions=@thewatcher/source";

export interface WorkerEntry {
  /** For `new Worker(source, { eval, execArgv })`. */
  readonly source: string | URL;
  readonly eval: boolean;
  readonly execArgv: readonly string[];
}

/**
 * `workerOf(import.meta.url, "./job")`: the module `job` beside the caller, for a worker thread. From source it starts
 * by a line of code, since Node 20 doesn't apply `--import` of a worker's `execArgv` to the worker's own entry.
 */
export function workerOf(callerUrl: string, module: string): WorkerEntry {
  if (!callerUrl.endsWith(".ts")) return { source: new URL(`${module}.js`, callerUrl), eval: false, execArgv: [] };
  const tsx = import.meta.resolve("tsx/esm/api");
  const entry = new URL(`${module}.ts`, callerUrl).href;
  return {
    source: `import(${JSON.stringify(tsx)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(entry)}); })`,
    eval: true,
    execArgv: [SOURCE_CONDITION],
  };
}

export interface Command {
  readonly path: string;
  /** Arguments to Node before the path. */
  readonly execArgv: readonly string[];
}

/** `entryOf(import.meta.url, "./child")`: the module `child` beside the caller, for a process of its own. */
export function entryOf(callerUrl: string, module: string): Command {
  const fromSource = callerUrl.endsWith(".ts");
  return {
    path: fileURLToPath(new URL(`${module}${fromSource ? ".ts" : ".js"}`, callerUrl)),
    execArgv: fromSource ? ["--import", import.meta.resolve("tsx"), SOURCE_CONDITION] : [],
  };
}
