/** Which kind of request an address is, by the table of routes: for whoever must decide before the request is looked at. */
import type { RequestKind } from "@thewatcher/contracts/request-kinds";
import { type ForwardedRoute, forwardedRoutes } from "./routes.ts";

interface Pattern {
  readonly path: RegExp;
  readonly kind: RequestKind;
}
const byMethod = new Map<string, Pattern[]>();
for (const { method, path, shedAs } of forwardedRoutes as readonly ForwardedRoute[]) {
  if (shedAs === undefined) continue;
  const pattern = { path: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`), kind: shedAs };
  byMethod.set(method, [...(byMethod.get(method) ?? []), pattern]);
}

/** undefined: it is of no kind, and never refused for load. `url` is absolute, with or without a query. */
export function requestKindOf(method: string, url: string): RequestKind | undefined {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  const path = url.slice(start, end < 0 ? undefined : end);
  return byMethod.get(method === "HEAD" ? "GET" : method)?.find((pattern) => pattern.path.test(path))?.kind;
}
