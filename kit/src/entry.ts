/**
 * Paths of files that start in a process or worker of their own. Compiled, that is the .js beside the caller; run from
 * source (tests, `npm run dev`), the .ts beside it through tsx, with the condition that finds our packages' sources.
 */
import { fileURLToPath } from "node:url";

export interface Entry {
  readonly path: string;
  /** For `execArgv` of a child process or worker. */
  readonly execArgv: readonly string[];
}

/** `entryOf(import.meta.url, "./child")`: the module `child` beside the caller. */
export function entryOf(callerUrl: string, module: string): Entry {
  const fromSource = callerUrl.endsWith(".ts");
  return {
    path: fileURLToPath(new URL(`${module}${fromSource ? ".ts" : ".js"}`, callerUrl)),
    execArgv: fromSource ? ["--import", import.meta.resolve("tsx"), "--conditions=@thewatcher/source"] : [],
  };
}
