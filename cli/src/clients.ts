/**
 * Calls from one service to another. Inside a process it is the other app's own `fetch`; between processes HTTP, with the
 * same token and the same JSON.
 */
import { CatalogueSlice } from "@thewatcher/contracts/api/catalogue";
import { ComposedPages, type ComposePages, PublishedRules } from "@thewatcher/contracts/api/control";
import { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import { SERVICES, type ServiceName } from "@thewatcher/contracts/identity";
import { problem } from "@thewatcher/contracts/problems";
import type { SendStated } from "@thewatcher/ingestion/collector";
import type { Clock } from "@thewatcher/kit/clock";
import { problemResponse } from "@thewatcher/kit/http";
import { createHttpService } from "@thewatcher/kit/http-service";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import { UserError } from "@thewatcher/kit/user-error";
import type { FetchCatalogueSlice } from "@thewatcher/serving-api/catalogue-holder";
import type { FetchRules } from "@thewatcher/serving-api/rules-holder";
import { urlSettingOf } from "./roles/table.ts";
import { SETTINGS, type Settings, serviceUrls, variableOf } from "./settings.ts";

/** `bindings`: what the HTTP server knows of the connection; a call inside of the process has none. */
export type Service = (request: Request, bindings?: object) => Promise<Response> | Response;

/**
 * Of an answer, with all repeats; a process that hangs costs half of it before another is asked. A page is composed within
 * 250 ms whatever the stores do; an event waits until the log has it, which a broker that changes hands makes longer.
 */
const SERVICE_MS_MAX: Readonly<Record<ServiceName, number>> = {
  serving: 2_000,
  catalog: 10_000,
  ingestion: 10_000,
  // A dry run takes up to 30 s, and an attempt has half of this.
  control: 80_000,
};
/** Which service a request is for, where one port answers for several. */
const SERVICE_HEADER = "x-service";

/** A service over the network, at the addresses that the settings say. */
export function connectService(
  name: ServiceName,
  settings: Settings,
  { clock, lifecycle }: { readonly clock: Clock; readonly lifecycle: Lifecycle },
): Service {
  const setting = urlSettingOf(name);
  const urls = settings[setting];
  if (urls === undefined)
    throw new UserError(`${variableOf(setting)} is missing: ${SETTINGS[setting].about} (${SETTINGS[setting].accepts})`);
  const service = createHttpService({
    name,
    urls: serviceUrls(urls),
    clock,
    deadlineMs: SERVICE_MS_MAX[name],
    // All that the others take carries the ids of its events: what comes twice counts once.
    isIdempotent: () => name !== "control",
    headers: { [SERVICE_HEADER]: name },
  });
  lifecycle.own(`connections to ${name}`, service, (it) => it.close());
  return service.fetch;
}

/** One listener for the services of a process; whoever asks for another one is told who is here. */
export function dispatch(services: ReadonlyMap<ServiceName, Service>): Service {
  const only = services.size === 1 ? [...services.values()][0] : undefined;
  const here = [...services.keys()].join(", ");
  return (request) => {
    const name = request.headers.get(SERVICE_HEADER);
    const service = name === null ? only : services.get(name as ServiceName);
    if (service) return service(request);
    const known = (SERVICES as readonly (string | null)[]).includes(name);
    const asked = known ? name : "what was asked for";
    return problemResponse(problem("not-found", { detail: `This process offers ${here}, not ${asked}.` }));
  };
}

/** The identity of one of our own services: no account, no profile, no country of its own. */
const SERVICE_CLAIMS = { role: "service", country: "XX", device: "internal" } as const;

export type Call = (
  path: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string },
) => Promise<Response>;

export function createCall(service: () => Service, audience: ServiceName, signer: TokenSigner): Call {
  return async (path, init = {}) => {
    const token = await signer.sign(audience, SERVICE_CLAIMS);
    return service()(
      new Request(`http://${audience}.internal${path}`, {
        ...init,
        headers: {
          "content-type": "application/json",
          ...(init.body === undefined ? {} : { "content-length": String(Buffer.byteLength(init.body)) }),
          ...init.headers,
          authorization: `Bearer ${token}`,
        },
      }),
    );
  };
}

async function bodyOf(response: Response, what: string): Promise<unknown> {
  if (!response.ok) throw new Error(`${what}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  return response.json();
}

export function catalogueSlices(call: Call): FetchCatalogueSlice {
  return async ({ after, limit, heldVersion }) => {
    const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) });
    const response = await call(`/internal/catalogue?${query}`, {
      headers: heldVersion === undefined ? {} : { "if-none-match": `"${heldVersion}"` },
    });
    if (response.status === 304) return undefined;
    return CatalogueSlice.parse(await bodyOf(response, "catalogue"));
  };
}

export function statedCommands(call: Call): SendStated {
  return async (events) => {
    const response = await call("/internal/stated", { method: "POST", body: JSON.stringify({ events }) });
    return StatedOutcomes.parse(await bodyOf(response, "stated preferences"));
  };
}

/** Pages that nobody is shown, for dry runs. */
export function pagesComposedBy(call: Call): (request: ComposePages) => Promise<ComposedPages> {
  return async (request) => {
    const response = await call("/internal/pages", { method: "POST", body: JSON.stringify(request) });
    return ComposedPages.parse(await bodyOf(response, "composed pages"));
  };
}

/** The published rules, or undefined when `heldVersion` still is the version. */
export function publishedRules(call: Call): FetchRules {
  return async ({ heldVersion }) => {
    const response = await call("/internal/rules", {
      headers: heldVersion === undefined ? {} : { "if-none-match": `"${heldVersion ?? 0}"` },
    });
    if (response.status === 304) return undefined;
    return PublishedRules.parse(await bodyOf(response, "rules"));
  };
}

export async function askJson(call: Call, path: string): Promise<unknown> {
  return bodyOf(await call(path), path);
}
