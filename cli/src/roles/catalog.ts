/** The role `catalog`: titles, what viewers state, and the relay that carries it to the log. */
import { createCatalogApi } from "@thewatcher/catalog-api/app";
import { createOutboxRelay } from "@thewatcher/catalog-api/outbox-relay";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export function composeCatalog(stores: RoleStores<"catalog">, context: RoleContext): RolePart {
  const { database, eventLog } = stores;
  const { clock, logOf, lifecycle } = context;
  const relay = lifecycle.own(
    "outbox relay",
    createOutboxRelay({ database, eventLog, clock, log: logOf("outbox-relay") }),
    (it) => it.close(),
  );
  const app = createCatalogApi({
    database,
    verifier: context.verifierOf("catalog"),
    clock,
    log: logOf("catalog"),
    onStated: relay.kick,
  });
  return { fetch: (request) => app.fetch(request) };
}
