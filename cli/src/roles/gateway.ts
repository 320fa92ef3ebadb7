/** The role `gateway`: the public door, and the mail that it sends. */
import { createGateway } from "@thewatcher/gateway/app";
import type { GatewayBindings } from "@thewatcher/gateway/handler";
import { createArrivalMail } from "@thewatcher/gateway/identity/arrival-mail";
import { createPostOffice, type PostOffice } from "@thewatcher/gateway/identity/post-office";
import { parseRulesContact } from "@thewatcher/gateway/recommendation-rules";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import { openMail } from "../open-mail.ts";
import { listOf, type Settings } from "../settings.ts";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";
import { watch } from "./watch.ts";

export interface GatewayPart extends RolePart {
  /** The public listener is there: from now on mail goes out, with links to it where no setting says. */
  opened(url: string): Promise<void>;
}

export function composeGateway(
  { database, cache }: RoleStores<"gateway">,
  { clock, logOf, service, call, lifecycle }: RoleContext,
  own: {
    readonly settings: Settings;
    readonly signer: TokenSigner;
    readonly world: () => "demo" | "empty";
    readonly web?: { readonly root: string };
  },
): GatewayPart {
  // A command without a server sends nothing: what waits goes out when the door opens.
  let postOffice: PostOffice | undefined;
  const app = createGateway({
    database,
    cache,
    signer: own.signer,
    services: {
      catalog: service("catalog"),
      serving: service("serving"),
      ingestion: service("ingestion"),
      control: service("control"),
    },
    ...(own.web ? { web: own.web } : {}),
    clock,
    log: logOf("gateway"),
    world: own.world,
    publicHosts: [
      ...listOf(own.settings.publicHosts),
      ...(own.settings.publicOrigin === undefined ? [] : [new URL(own.settings.publicOrigin).hostname]),
    ],
    recommendationsContact: parseRulesContact(own.settings.recommendationsContact ?? ""),
    trustedProxies: listOf(own.settings.trustedProxies),
    postOffice: { kick: () => postOffice?.kick(), requireRoom: () => postOffice?.requireRoom() },
  });
  return {
    fetch: (request, bindings) => app.fetch(request, bindings as GatewayBindings | undefined),
    async opened(url) {
      const mail = lifecycle.own("mail", await openMail(own.settings, clock), (it) => it.close());
      const publicOrigin = new URL(own.settings.publicOrigin ?? url).origin;
      const log = logOf("mail");
      const office = lifecycle.own(
        "post office",
        createPostOffice({ database, mail, publicOrigin: () => publicOrigin, clock, log }),
        (it) => it.close(),
      );
      postOffice = office;
      const arrivals = createArrivalMail({ database, catalogue: call("catalog"), postOffice: office, clock, log });
      watch("arrivals to tell", arrivals, lifecycle);
    },
  };
}
