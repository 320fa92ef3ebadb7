/** A command of an installation: what it wrote is kept for the one line that says why it failed. */
import { type ChildProcess, spawn } from "node:child_process";

/** MinIO's build took 8 minutes on two busy cores; four times that is a machine that will not finish. */
const COMMAND_MS_MAX = 32 * 60_000;
const SAID_CHARACTERS_MAX = 2_000;

/** A build must not go on when the program that wants it has ended. */
const underWay = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of underWay) child.kill();
});

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** Resolves with what it wrote to standard output. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: COMMAND_MS_MAX,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    underWay.add(child);
    let output = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      said = (said + text).slice(-SAID_CHARACTERS_MAX);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-SAID_CHARACTERS_MAX);
    });
    child.once("error", (error) => reject(new Error(`${command}: ${error.message}`)));
    child.once("close", (code, signal) => {
      underWay.delete(child);
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args[0] ?? ""} ended with ${signal ?? code}: ${said.trim()}`));
    });
  });
}
