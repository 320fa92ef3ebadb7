/**
 * Calls from one service to another inside the process: the other app's own `fetch`, with the same token and the same
 * JSON as over a network.
 */
import { CatalogueSlice } from "@thewatcher/contracts/api/catalogue";
import { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import type { ServiceName } from "@thewatcher/contracts/identity";
import type { SendStated } from "@thewatcher/ingestion/collector";
import type { TokenSigner } from "@thewatcher/kit/internal-token";
import type { FetchCatalogueSlice } from "@thewatcher/serving-api/catalogue-holder";

export type Service = (request: Request) => Promise<Response> | Response;

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
        headers: { "content-type": "application/json", ...init.headers, authorization: `Bearer ${token}` },
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

export async function askJson(call: Call, path: string): Promise<unknown> {
  return bodyOf(await call(path), path);
}
