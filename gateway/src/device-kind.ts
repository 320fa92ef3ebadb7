/**
 * What a viewer watches on, as far as the door can tell: what is stamped on events and decisions, what rules may ask for, and
 * a feature of the ranker. The host says it (`m.` is the phone's shell), else the browser: its hint, else its name for
 * itself. Nothing but the kind goes on from here; a browser that pretends is served what it pretends to be.
 */
import type { DeviceKind } from "@thewatcher/contracts/identity";
import type { Zone } from "@thewatcher/contracts/zones";

/** Televisions call themselves Android and Mobile as well, so they are asked for first. */
const TELEVISION = /smart-?tv|tizen|web0s|hbbtv|appletv|android tv|googletv|bravia|aft[a-z]{1,3} /i;
/** Tablets too: what is held in the hand. */
const PHONE = /mobi|android|iphone|ipad/i;
/** Names are some 200 characters; what is longer was not made by a browser. */
const NAME_LENGTH_MAX = 512;

export function deviceKindOf({ shell }: Pick<Zone, "shell">, headers: Pick<Headers, "get">): DeviceKind {
  if (shell === "mobile") return "phone";
  const name = (headers.get("user-agent") ?? "").slice(0, NAME_LENGTH_MAX);
  if (TELEVISION.test(name)) return "tv";
  return headers.get("sec-ch-ua-mobile") === "?1" || PHONE.test(name) ? "phone" : "web";
}
