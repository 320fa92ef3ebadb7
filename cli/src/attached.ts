/**
 * Runs an operation: on the instance that owns the data folder, where there is one; on a cinema opened for this one
 * command; or, over servers, on the roles and stores that it takes, beside whatever runs.
 */
import { UserError } from "@thewatcher/kit/user-error";
import type { OperationLine } from "./admin.ts";
import type { Cinema } from "./compose.ts";
import type { Report } from "./console.ts";
import { type Attach, findRunning } from "./data-folder.ts";
import { openCinema, openShared } from "./open-cinema.ts";
import { needsDataFolder } from "./open-stores.ts";
import { type OperationAnswer, type OperationName, type OperationRequest, operations } from "./operations.ts";
import type { ResolvedSettings } from "./settings.ts";

/** What a command of one line says beside its own progress. */
const COMMAND_LOG_LEVEL = "warn";

/** The instance that has the data folder of these settings; over servers there is none to ask. */
export const findInstance = ({ values }: ResolvedSettings): Attach | undefined =>
  needsDataFolder(values) ? findRunning(values.dataDir) : undefined;

export async function runOperation<Name extends OperationName>(
  name: Name,
  request: OperationRequest<Name>,
  options: {
    readonly settings: ResolvedSettings;
    readonly report: (report: Report) => void;
    readonly signal: AbortSignal;
  },
): Promise<OperationAnswer<Name>> {
  const { settings, report, signal } = options;
  const running = findInstance(settings);
  if (running) return (await runRemotely(running, name, request, options)) as OperationAnswer<Name>;
  const { needs, ...operation } = operations[name];
  await using opened = needsDataFolder(settings.values)
    ? await openCinema(settings.values, { report, foldsStates: operation.foldsStates ?? true })
    : await openShared(settings, { roles: [], logLevel: COMMAND_LOG_LEVEL, ...needs });
  return await run(name, request, { cinema: opened.cinema, report, signal });
}

async function run<Name extends OperationName>(
  name: Name,
  request: OperationRequest<Name>,
  context: { readonly cinema: Cinema; readonly report: (report: Report) => void; readonly signal: AbortSignal },
): Promise<OperationAnswer<Name>> {
  const operation = operations[name];
  const parsed = operation.request.parse(request);
  return (await operation.run(parsed as never, context)) as OperationAnswer<Name>;
}

async function runRemotely(
  running: Attach,
  name: string,
  request: unknown,
  { report, signal }: { report: (report: Report) => void; signal: AbortSignal },
): Promise<unknown> {
  const instance = `the running instance (process ${running.pid}, ${running.adminUrl})`;
  const ended = (cause: unknown): never => {
    if (signal.aborted) throw signal.reason;
    throw new UserError(`${instance} ended before it answered; run the same command again`, { cause });
  };
  const response = await fetch(`${running.adminUrl}/operations/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${running.secret}`, "content-type": "application/json" },
    body: JSON.stringify(request),
    signal,
  }).catch(ended);
  if (!response.ok || !response.body) {
    throw new Error(`${instance} refused: ${response.status} ${await response.text()}`);
  }
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(ended);
    if (done) return ended(undefined);
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as OperationLine;
      if (message.kind === "progress") report(message.report);
      if (message.kind === "result") return message.answer;
      if (message.kind === "error")
        throw message.userError ? new UserError(message.message) : failureOf(instance, message.message);
    }
  }
}

/** One line: the stack of this process says nothing about that one. */
function failureOf(instance: string, message: string): Error {
  const failure = new Error(`${instance} failed: ${message}; its log says more, and the same command can be run again`);
  failure.stack = failure.message;
  return failure;
}
