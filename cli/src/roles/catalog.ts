/**
 * The role `catalog`: titles and their search, what viewers state and wait for, and the relay that carries it to the log. The embedded
 * index is there also beside a search server: searches go on from it while the server is away.
 */
import { createCatalogApi } from "@thewatcher/catalog-api/app";
import { createArrivalWatch } from "@thewatcher/catalog-api/arrivals";
import { createOutboxRelay } from "@thewatcher/catalog-api/outbox-relay";
import type { SearchMetrics } from "@thewatcher/catalog-api/search-fallback";
import { createTitleIndex, databaseTitles } from "@thewatcher/catalog-api/search-index";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { createStateApplication } from "@thewatcher/ingestion/profile-state-fold";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import { isEmbedded, type Settings } from "../settings.ts";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";
import { watch } from "./watch.ts";

export function composeCatalog(
  stores: RoleStores<"catalog">,
  context: RoleContext,
  options: {
    readonly settings: Settings;
    readonly metrics: SearchMetrics;
    readonly onProfiling: (profileId: ProfileId) => void;
  },
): RolePart {
  const { database, eventLog, search } = stores;
  const { clock, logOf, lifecycle } = context;
  const relay = lifecycle.own(
    "outbox relay",
    createOutboxRelay({ database, eventLog, clock, log: logOf("outbox-relay") }),
    (it) => it.close(),
  );
  const isServer = !isEmbedded(options.settings.searchUrl);
  const index = createTitleIndex({
    source: databaseTitles(database),
    embedded: isServer ? lifecycle.own("embedded index of titles", openMemorySearch(), (it) => it.close()) : search,
    ...(isServer ? { server: search } : {}),
    clock,
    log: logOf("search"),
    metrics: options.metrics,
  });
  let isStarted = false;
  const app = createCatalogApi({
    database,
    index,
    verifier: context.verifierOf("catalog"),
    clock,
    log: logOf("catalog"),
    onStated: relay.kick,
    onProfiling: options.onProfiling,
    applyNow: createStateApplication({ recommendations: stores.recommendations, clock }),
  });
  return {
    fetch: (request) => app.fetch(request),
    // A command that ends searches nothing, and needs no index.
    refresh: async () => (isStarted ? index.refresh() : undefined),
    async start() {
      isStarted = true;
      watch("index of titles", index, lifecycle);
      watch("arrivals", createArrivalWatch({ database, clock, log: logOf("arrivals") }), lifecycle);
    },
  };
}
