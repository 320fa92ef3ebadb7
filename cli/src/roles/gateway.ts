/** The role `gateway`: the public door. */
import { createGateway } from "@thewatcher/gateway/app";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";

export function composeGateway(
  { database, cache }: RoleStores<"gateway">,
  { clock, logOf, service }: RoleContext,
  own: {
    readonly signer: TokenSigner;
    readonly world: () => "demo" | "empty";
    readonly web?: { readonly root: string };
  },
): RolePart {
  const app = createGateway({
    database,
    cache,
    signer: own.signer,
    services: { catalog: service("catalog"), serving: service("serving"), ingestion: service("ingestion") },
    ...(own.web ? { web: own.web } : {}),
    clock,
    log: logOf("gateway"),
    world: own.world,
  });
  return { fetch: (request) => app.fetch(request) };
}
