/** Runs an operation: on the instance that is running, or on a cinema opened for this one command. */
import { UserError } from "@thewatcher/kit/user-error";
import type { OperationLine } from "./admin.ts";
import type { Report } from "./console.ts";
import { type Attach, findRunning } from "./data-folder.ts";
import type { OpenCinema } from "./open-cinema.ts";
import { type OperationAnswer, type OperationName, type OperationRequest, operations } from "./operations.ts";

export async function runOperation<Name extends OperationName>(
  name: Name,
  request: OperationRequest<Name>,
  options: {
    readonly dataDir: string;
    readonly open: OpenCinema;
    readonly report: (report: Report) => void;
    readonly signal: AbortSignal;
  },
): Promise<OperationAnswer<Name>> {
  const running = findRunning(options.dataDir);
  if (running) return (await runRemotely(running, name, request, options)) as OperationAnswer<Name>;
  const operation = operations[name];
  await using opened = await options.open({ report: options.report, foldsStates: operation.foldsStates ?? true });
  const parsed = operation.request.parse(request);
  return (await operation.run(parsed as never, {
    cinema: opened.cinema,
    report: options.report,
    signal: options.signal,
  })) as OperationAnswer<Name>;
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
