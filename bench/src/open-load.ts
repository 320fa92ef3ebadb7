/** The benchmark's side of the load that does not wait for answers (open-load-child.ts). */
import type { BenchContext } from "./harness.ts";
import { forkChild, nextMessage } from "./load.ts";

export interface OpenAsk {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `$id` becomes a new id, `$now` the instant of sending. */
  readonly body?: string;
}

export interface OpenKind {
  readonly kind: string;
  readonly perSecond: number;
  /** One after the other, from the start again. */
  readonly asks: readonly OpenAsk[];
}

export interface OpenLoadRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly kinds: readonly OpenKind[];
}

/** Times are of answers with 200, from the instant at which the request was to begin. */
export interface OpenKindAnswer {
  readonly kind: string;
  readonly sent: number;
  readonly served: number;
  /** 503 with the problem `overloaded`. */
  readonly shed: number;
  readonly firstShedMs: number | undefined;
  /** Any other answer, and none at all. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}
export type OpenLoadAnswer = readonly OpenKindAnswer[];

export async function startOpenLoad(
  context: BenchContext,
): Promise<{ run(request: OpenLoadRequest): Promise<OpenLoadAnswer> }> {
  const { child } = await forkChild("./open-load-child", [], context);
  return {
    run(request) {
      context.signal.throwIfAborted();
      const answer = nextMessage<OpenLoadAnswer>(child);
      child.send(request);
      return answer;
    },
  };
}
