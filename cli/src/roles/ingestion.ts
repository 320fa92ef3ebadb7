/** The role `ingestion`: the collector. */
import { type CollectorMetrics, createCollector } from "@thewatcher/ingestion/collector";
import { statedCommands } from "../clients.ts";
import type { HeldCatalogue } from "./catalogue.ts";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export function composeIngestion(
  { eventLog }: RoleStores<"ingestion">,
  context: RoleContext,
  own: { readonly catalogue: HeldCatalogue; readonly metrics: CollectorMetrics },
): RolePart {
  const app = createCollector({
    eventLog,
    verifier: context.verifierOf("ingestion"),
    stated: statedCommands(context.call("catalog")),
    knownTitle: own.catalogue.knows,
    clock: context.clock,
    log: context.logOf("ingestion"),
    metrics: own.metrics,
  });
  return { fetch: (request) => app.fetch(request) };
}
