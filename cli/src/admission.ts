/**
 * What every listener of a process does before a request is looked at: it counts it, refuses it where there is too much to
 * do (kit/src/shedding.ts) or where nobody waits any more (kit/src/deadline.ts), and hands it on. The gateway's listener and
 * those of the services are behind the same one, each process by its own load; calls inside of a process are not.
 */
import { type Problem, problem } from "@thewatcher/contracts/problems";
import { REQUEST_KINDS, type RequestKind } from "@thewatcher/contracts/request-kinds";
import { requestKindOf } from "@thewatcher/gateway/request-kind";
import { API_HEADERS } from "@thewatcher/gateway/security-headers";
import type { Clock } from "@thewatcher/kit/clock";
import { msLeftOf } from "@thewatcher/kit/deadline";
import { problemResponse } from "@thewatcher/kit/http";
import type { Rng } from "@thewatcher/kit/rng";
import { createShedder } from "@thewatcher/kit/shedding";
import type { Service } from "./clients.ts";

/** Long enough for a burst to pass; a spread over seven seconds, so that it does not come back as one. */
const RETRY_AFTER_SECONDS_MIN = 2;
const RETRY_AFTER_SECONDS_SPREAD = 7;

export interface AdmissionMetrics {
  shed(kind: RequestKind): void;
  /** From 0 to the number of kinds. */
  level(level: number): void;
  /** Nobody waited for the answer any more. */
  expired(): void;
}

/** Who asks at a listener: anybody, or our own processes, whose deadlines are believed. */
export type Askers = "anybody" | "services";

export interface Admission {
  admit(service: Service, askers: Askers): Service;
}

export function createAdmission(deps: {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: AdmissionMetrics;
  /** For how long the loop has worked since it began; default: as Node says it. */
  readonly busyMs?: () => number;
  /** Ends looking at the load. */
  readonly signal: AbortSignal;
}): Admission {
  const { clock, rng, metrics, signal, ...more } = deps;
  const shedder = createShedder({ kinds: REQUEST_KINDS, clock, rng, onLevel: metrics.level, ...more });
  let isFollowed = false;

  function refuse(body: Problem): Response {
    const seconds = RETRY_AFTER_SECONDS_MIN + rng.int(RETRY_AFTER_SECONDS_SPREAD);
    return problemResponse(body, { ...API_HEADERS, "retry-after": String(seconds) });
  }

  /** undefined: let in. */
  function refusal(request: Request, kind: RequestKind | undefined, askers: Askers): Response | undefined {
    if (askers === "services" && msLeftOf(request.headers) === 0) {
      metrics.expired();
      return refuse(problem("unavailable", { detail: "The time for this answer had passed when it was asked for." }));
    }
    if (kind === undefined || !shedder.isRefusing() || !shedder.refuses(kind)) return undefined;
    metrics.shed(kind);
    return refuse(problem("overloaded", { detail: `Refused for now: ${kind}.` }));
  }

  return {
    admit(service, askers) {
      if (!isFollowed) void shedder.follow(signal);
      isFollowed = true;
      return async (request, bindings) => {
        const kind = requestKindOf(request.method, request.url);
        const refused = refusal(request, kind, askers);
        if (refused) return refused;
        // Events wait for the log, which may take seconds, when their work is done: that is no load.
        if (kind === "events") return service(request, bindings);
        shedder.began();
        try {
          return await service(request, bindings);
        } finally {
          shedder.ended();
        }
      };
    },
  };
}
