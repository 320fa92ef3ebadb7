/**
 * `thewatcher start --roles=…`: one process of the distributed mode. It opens the stores of its roles, serves what they
 * offer on the public port and health, metrics and operations on the admin one, and ends in order: not ready any more,
 * requests under way end, readers end the batch under way, stores close.
 */
import { Identity, type ServiceName } from "@thewatcher/contracts/identity";
import { systemClock } from "@thewatcher/kit/clock";
import type { RunningServer } from "@thewatcher/kit/http";
import { createBearerReader, createTokenVerifier, tokenKeysOf } from "@thewatcher/kit/internal-token";
import { createAdmin } from "../admin.ts";
import { dispatch, type Service } from "../clients.ts";
import { createStderrConsole, interruption } from "../command.ts";
import type { Cinema } from "../compose.ts";
import { listenOn, requireFree, SHUTDOWN_GRACE_MS } from "../listeners.ts";
import { openShared, VERSION } from "../open-cinema.ts";
import type { OperationName } from "../operations.ts";
import { ROLES, type RoleName, requireRoleSettings, servicesOf } from "../roles/table.ts";
import type { ResolvedSettings } from "../settings.ts";

/** What the role `trainer` does when it is asked. */
const TRAINER_OPERATIONS = ["train", "rollback", "rankShard"] as const satisfies readonly OperationName[];
/** The audience of a token for them. */
const TRAINER_AUDIENCE = "trainer";
/** Kubernetes kills after 30 s. A store that hangs must not keep the process: what was not committed comes again. */
const CLOSE_MS_MAX = 20_000;
const LEFT_BEHIND_MS_MAX = 1_000;

export async function startRoles(settings: ResolvedSettings, roles: readonly RoleName[]): Promise<void> {
  const { values } = settings;
  requireRoleSettings(roles, values);
  const console = createStderrConsole();
  const listens = roles.some((role) => ROLES[role].listens !== undefined);
  if (listens) await requireFree(values.host, values.port, "port");
  await requireFree(values.adminHost, values.adminPort, "adminPort");
  console.line(`TheWatcher ${VERSION}: ${roles.join(", ")}`);
  const signal = interruption();
  let opened: Awaited<ReturnType<typeof openShared>> | undefined;
  let admin: RunningServer | undefined;
  let server: RunningServer | undefined;
  try {
    opened = await openShared(settings, { roles });
    const { cinema } = opened;
    const stores = await cinema.examine();
    console.done("stores opened", stores.map(({ store, detail }) => `${store}: ${detail}`).join(" · "));
    const adminApp = createAdmin({
      cinema,
      operations: roles.includes("trainer") ? TRAINER_OPERATIONS : [],
      mayOperate: mayOperate(values.internalKey),
      log: cinema.log,
      stopping: signal,
    });
    admin = await listenOn(adminApp.fetch, values.adminHost, values.adminPort, "adminPort");
    if (listens) {
      server = await listenOn(apiOf(cinema, roles), values.host, values.port, "port");
      await cinema.opened(server.url);
      console.line(`  Open          ${server.url}`);
    }
    console.line(`  Health        ${admin.url}/readyz   Metrics ${admin.url}/metrics`);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    console.line("Stopping: requests under way end, readers end their batch.");
  } finally {
    await withinClosingTime(async () => {
      await server?.close(SHUTDOWN_GRACE_MS);
      await opened?.close();
      // Last: until then it says that the process is stopping.
      await admin?.close(0);
    });
  }
}

/** The public door where the gateway is here, and then nothing else; the services of this process where it is not. */
function apiOf(cinema: Cinema, roles: readonly RoleName[]): Service {
  if (roles.includes("gateway")) return cinema.admit(cinema.api("gateway"), "anybody");
  const here = new Map<ServiceName, Service>(servicesOf(roles).map((name) => [name, cinema.api(name)]));
  return cinema.admit(dispatch(here), "services");
}

function mayOperate(internalKey: string | undefined): (authorization: string) => Promise<boolean> {
  if (internalKey === undefined) return async () => false;
  const { publicKey } = tokenKeysOf(internalKey);
  const read = createBearerReader(
    createTokenVerifier({ publicKey, audience: TRAINER_AUDIENCE, clock: systemClock }),
    (claims) => Identity.safeParse(claims).data,
  );
  return async (authorization) => {
    const role = (await read(authorization))?.role;
    return role === "service" || role === "operator";
  };
}

async function withinClosingTime(close: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  await Promise.race([close(), systemClock.sleep(CLOSE_MS_MAX, stop.signal).catch(() => undefined)]);
  stop.abort();
  // What a driver left behind must not keep the process.
  setTimeout(() => process.exit(), LEFT_BEHIND_MS_MAX).unref();
}
