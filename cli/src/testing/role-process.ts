/** For tests of the distributed mode: roles as processes of the command line, over servers. */
import { systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, tokenKeysOf } from "@thewatcher/kit/internal-token";
import { type Ended, launch, type Running } from "./cinema-process.ts";

/** Nine processes from source on two busy cores took 40 s; this only ends what hangs. */
const READY_MS_MAX = 180_000;
const POLL_MS = 50;

export interface RoleProcess extends Running {
  readonly roles: string;
  readonly url: string;
  readonly adminUrl: string;
}

export interface RoleAddress {
  readonly roles: string;
  readonly port: number;
  readonly adminPort: number;
}

export function startRole(address: RoleAddress, env: Readonly<Record<string, string>>): RoleProcess {
  const { roles, port, adminPort } = address;
  const running = launch(["start", `--roles=${roles}`, "--port", String(port), "--admin-port", String(adminPort)], env);
  return { ...running, roles, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` };
}

interface Readiness {
  readonly status: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly degraded: readonly string[];
}

/** What it says on its admin listener; undefined: nobody answers. */
export async function readinessOf({ adminUrl }: RoleProcess): Promise<Readiness | undefined> {
  const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
  return response && { status: response.status, ...((await response.json()) as Omit<Readiness, "status">) };
}

/** Rejects with what it said when it ends before. */
export async function untilReady(role: RoleProcess): Promise<void> {
  let ended: Ended | undefined;
  void role.ended.then((how) => {
    ended = how;
  });
  const deadline = systemClock.monotonicMs() + READY_MS_MAX;
  for (;;) {
    if (ended) throw new Error(`${role.roles} ended at its start (${ended.signal ?? ended.code}):\n${role.said()}`);
    const readiness = await readinessOf(role);
    if (readiness?.ready) return;
    if (systemClock.monotonicMs() > deadline) {
      throw new Error(`${role.roles} was not ready: ${JSON.stringify(readiness)}\n${role.said()}`);
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** An operation of the role `trainer`, asked for as another service would. */
export async function askTrainer<Answer>(
  { adminUrl }: RoleProcess,
  internalKey: string,
  name: string,
  request: unknown,
): Promise<Answer> {
  const { privateKey } = tokenKeysOf(internalKey);
  const signer = createTokenSigner({ privateKey, clock: systemClock });
  const token = await signer.sign("trainer", { role: "service", country: "XX", device: "internal" });
  const response = await fetch(`${adminUrl}/operations/${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const last = (await response.text()).trim().split("\n").at(-1) ?? "";
  const line = JSON.parse(last) as { kind: string; answer?: Answer; message?: string };
  if (line.kind !== "result") throw new Error(`${name}: ${line.message ?? last}`);
  return line.answer as Answer;
}
