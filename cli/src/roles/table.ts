/**
 * The roles: what one process of the distributed mode may be. The same table composes the cinema of one process (all of
 * them), says which stores a role opens and which services it calls, and what `--roles` refuses.
 */
import type { ServiceName } from "@thewatcher/contracts/identity";
import { UserError } from "@thewatcher/kit/user-error";
import { STORES, type StoreName, type Stores } from "../open-stores.ts";
import { isEmbedded, SETTINGS, type SettingName, type Settings, variableOf } from "../settings.ts";

interface RoleDescription {
  /** Without one of these it is not ready. */
  readonly needs: readonly StoreName[];
  /** Without one of these it answers, and says what is missing. */
  readonly degradesWithout: readonly StoreName[];
  readonly calls: readonly ServiceName[];
  /** On the public port; undefined: nothing listens there. */
  readonly listens: "public" | "services" | undefined;
}

export const ROLES = {
  /** The public door: sessions, identity, routes. */
  gateway: {
    needs: ["database", "cache"],
    degradesWithout: [],
    calls: ["catalog", "serving", "ingestion", "control"],
    listens: "public",
  },
  /**
   * Titles, stated preferences, and the outbox to the log: what is stated waits there while the log is away. It searches
   * in its own memory while the search server is away. What is stated goes into the live states at once; without that
   * store the log brings it.
   */
  catalog: {
    needs: ["database"],
    degradesWithout: ["eventLog", "search", "recommendations"],
    calls: [],
    listens: "services",
  },
  /** The collector. Without the catalogue it takes events of any title. */
  ingestion: { needs: ["eventLog"], degradesWithout: [], calls: ["catalog"], listens: "services" },
  /** Pages and lists: it always answers, by what it holds in memory. */
  serving: {
    needs: [],
    degradesWithout: ["eventLog", "recommendations", "objects", "database"],
    calls: ["catalog", "control"],
    listens: "services",
  },
  /** Business rules and who changed them. Serving goes by what it read of them last while this is away. */
  control: { needs: ["database"], degradesWithout: [], calls: ["serving"], listens: "services" },
  /** The readers of the log: into the warehouse, each profile's live state, and the archive, which waits for its store. */
  sink: {
    needs: ["eventLog", "warehouse", "recommendations"],
    degradesWithout: ["objects"],
    calls: [],
    listens: undefined,
  },
  /** Trainings, asked for on the admin listener. */
  trainer: {
    needs: ["eventLog", "warehouse", "recommendations", "database", "objects"],
    degradesWithout: [],
    calls: [],
    listens: undefined,
  },
} as const satisfies Record<string, RoleDescription>;

export type RoleName = keyof typeof ROLES;
export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];

/** The stores of a role, and no other: what its function may touch. */
export type RoleStores<Name extends RoleName> = Pick<Stores, (typeof ROLES)[Name]["needs" | "degradesWithout"][number]>;

const descriptionOf = (role: RoleName): RoleDescription => ROLES[role];

export function storesOf(roles: readonly RoleName[]): readonly StoreName[] {
  return [...new Set(roles.flatMap((role) => [...descriptionOf(role).needs, ...descriptionOf(role).degradesWithout]))];
}
export const neededStoresOf = (roles: readonly RoleName[]): readonly StoreName[] => [
  ...new Set(roles.flatMap((role) => descriptionOf(role).needs)),
];

/** Our own services in `roles` that answer others. */
export const servicesOf = (roles: readonly RoleName[]): readonly ServiceName[] =>
  roles.filter((role) => ROLES[role].listens === "services") as ServiceName[];

/** `gateway,serving`, each once. */
export function parseRoles(given: string): readonly RoleName[] {
  const names = given.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(ROLES, name));
  if (unknown !== undefined)
    throw new UserError(
      `--roles ${JSON.stringify(given)}: ${JSON.stringify(unknown)} is no role; accepted: ${ROLE_NAMES.join(", ")}, separated by commas`,
    );
  return ROLE_NAMES.filter((name) => names.includes(name));
}

const URL_SETTINGS: Readonly<Record<ServiceName, "catalogUrl" | "servingUrl" | "ingestionUrl" | "controlUrl">> = {
  catalog: "catalogUrl",
  serving: "servingUrl",
  ingestion: "ingestionUrl",
  control: "controlUrl",
};
export const urlSettingOf = (service: ServiceName) => URL_SETTINGS[service];

/** What a process of these roles must be told and was not, all of it in one UserError. */
export function requireRoleSettings(roles: readonly RoleName[], settings: Settings): void {
  const missing: string[] = [];
  for (const name of storesOf(roles)) {
    const setting = STORES[name].setting;
    // What lies in memory is nobody else's: each process has its own.
    if (!isEmbedded(settings[setting]) || settings[setting].startsWith("memory:")) continue;
    const servers = SETTINGS[setting].schemes?.filter((scheme) => !isEmbedded(scheme)) ?? [];
    missing.push(`${variableOf(setting)}=${settings[setting]} is embedded in one process (takes ${servers.join(" ")})`);
  }
  const called = new Set<ServiceName>(roles.flatMap((role) => descriptionOf(role).calls));
  const needed: SettingName[] = [...called]
    .filter((service) => !roles.includes(service))
    .map((service) => urlSettingOf(service));
  const speaks = roles.some((role) => descriptionOf(role).listens !== undefined) || roles.includes("trainer");
  if (speaks) needed.push("internalKey");
  if (roles.includes("gateway")) {
    needed.push("publicOrigin");
    if (isEmbedded(settings.mailUrl)) missing.push(`${variableOf("mailUrl")} is missing (smtp[s]://…?from=…)`);
  }
  for (const name of needed) {
    if (settings[name] === undefined) missing.push(`${variableOf(name)} is missing (${SETTINGS[name].accepts})`);
  }
  if (missing.length > 0) throw new UserError(`--roles=${roles.join(",")}: ${missing.join("; ")}`);
}
