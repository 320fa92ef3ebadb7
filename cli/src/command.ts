/** What every command shares: settings out of flags, variables and file; a console; one line for a person's mistake. */
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { runOperation } from "./attached.ts";
import { type Console, createConsole } from "./console.ts";
import type { OperationAnswer, OperationName, OperationRequest } from "./operations.ts";
import {
  flagOf,
  isSecret,
  type ResolvedSettings,
  resolveSettings,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
} from "./settings.ts";

/** Adds `--data-dir` and its like to a command. */
export function withSettings(command: Command, names: readonly SettingName[]): Command {
  // A secret stands on no command line: others read those.
  for (const name of names.filter((one) => !isSecret(one)))
    command.option(`${flagOf(name)} <value>`, `${SETTINGS[name].about} (${SETTINGS[name].accepts})`);
  return command.option("--config <file>", "a JSON file of settings");
}

export function settingsOf(command: Command): ResolvedSettings {
  const options = command.opts<Record<string, string | undefined>>();
  const flags = Object.fromEntries(
    SETTING_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
  return resolveSettings({ flags, env: process.env, configFile: options.config });
}

/** Progress goes to standard error, so that `--json` on standard output stays clean. */
export function createStderrConsole(): Console {
  return createConsole({
    write: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 80,
    clock: systemClock,
  });
}

/** Aborts at the first SIGINT or SIGTERM; the second one ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new UserError(`stopped by ${signal}`));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

export async function operate<Name extends OperationName>(
  command: Command,
  name: Name,
  request: OperationRequest<Name>,
): Promise<OperationAnswer<Name>> {
  const console = createStderrConsole();
  const answer = await runOperation(name, request, {
    settings: settingsOf(command),
    report: console.progress,
    signal: interruption(),
  });
  // Takes the bar off the terminal.
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
  return answer;
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export function wholeNumber(given: string, flag: string, min: number, max: number): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < min || value > max) {
    throw new UserError(`${flag} ${JSON.stringify(given)}: a whole number from ${min} to ${max} is accepted`);
  }
  return value;
}
