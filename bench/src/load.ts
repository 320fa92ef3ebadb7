/** The benchmark's side of the load generator, and of the server that answers a constant body. */
import { type ChildProcess, fork } from "node:child_process";
import { entryOf } from "@thewatcher/kit/entry";
import type { BenchContext } from "./harness.ts";
import { endProcess } from "./processes.ts";

export interface LoadRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  readonly connections: number;
  /** How long, or how many requests. */
  readonly bound: { readonly seconds: number } | { readonly requests: number };
  /** Also reads each body, for its `decisionId` and its degradations: for checking, not for measuring. */
  readonly readBodies: boolean;
}

export interface LoadAnswer {
  /** Answered, and not by 503. */
  readonly requests: number;
  /** Answers with 503: what a process refuses that has too much to do. */
  readonly refused: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Other answers than 2xx and 503, broken connections, timeouts, bodies without a decision. */
  readonly failures: number;
  readonly decisions: readonly string[];
  /** Answers that say they had to do without something. */
  readonly degraded: number;
}

/** What the child says next; rejects when it ends first. */
export function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the benchmark ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message as Message);
    });
  });
}

export async function forkChild(
  module: string,
  args: readonly string[],
  { lifecycle, clock }: BenchContext,
): Promise<{ readonly child: ChildProcess; readonly greeting: unknown }> {
  const { path, execArgv } = entryOf(import.meta.url, module);
  const child = fork(path, [...args], { execArgv: [...execArgv], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  lifecycle.own(module, child, () => endProcess(child, clock));
  return { child, greeting: await nextMessage(child) };
}

export interface LoadGenerator {
  run(request: LoadRequest): Promise<LoadAnswer>;
}

export async function startLoadGenerator(context: BenchContext): Promise<LoadGenerator> {
  const { child } = await forkChild("./load-child", [], context);
  return {
    run(request) {
      context.signal.throwIfAborted();
      const answer = nextMessage<LoadAnswer>(child);
      child.send(request);
      return answer;
    },
  };
}

/** The limit: the HTTP server that the cinema listens with, answering one body of this many bytes to everybody. */
export async function startConstantServer(
  bodyBytes: number,
  context: BenchContext,
): Promise<{ readonly url: string; readonly pid: number }> {
  const { child, greeting } = await forkChild("./constant-child", [String(bodyBytes)], context);
  return { url: (greeting as { readonly url: string }).url, pid: child.pid ?? 0 };
}
