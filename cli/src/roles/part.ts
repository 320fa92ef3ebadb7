/** What the functions of the roles share: what each is given, and what it answers. */
import type { ServiceName } from "@thewatcher/contracts/identity";
import type { Clock } from "@thewatcher/kit/clock";
import type { TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import type { Log } from "@thewatcher/kit/log";
import type { Call, Service } from "../clients.ts";

export interface RoleContext {
  readonly clock: Clock;
  logOf(service: string): Log;
  verifierOf(audience: ServiceName): TokenVerifier;
  /** A service, in this process or over the network. */
  readonly service: (name: ServiceName) => Service;
  /** The same, as one of our own services. */
  readonly call: (name: ServiceName) => Call;
  readonly lifecycle: Lifecycle;
}

export interface RolePart {
  /** Its API. */
  readonly fetch?: Service;
  /** Brings what it holds in memory up to date. */
  refresh?(): Promise<void>;
  /** Begins what goes on by itself, after everything is composed; the lifecycle ends it. */
  start?(): Promise<void>;
  /** Why it can't do its work, though its stores answer. */
  unready?(): string | undefined;
}
