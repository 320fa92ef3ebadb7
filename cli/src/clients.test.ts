import type { ServiceName } from "@thewatcher/contracts/identity";
import { systemClock } from "@thewatcher/kit/clock";
import { listen } from "@thewatcher/kit/http";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { expect, test } from "vitest";
import { connectService, createCall, dispatch, type Service } from "./clients.ts";
import { resolveSettings } from "./settings.ts";

const named =
  (name: string): Service =>
  (request) =>
    Response.json({ name, path: new URL(request.url).pathname, authorization: request.headers.get("authorization") });

const servicesOf = (...names: ServiceName[]) => new Map(names.map((name) => [name, named(name)]));

test("a service over the network is called as the one in this process: same path, same token", async () => {
  await using lifecycle = createLifecycle(silentLog);
  const fetch = dispatch(servicesOf("catalog", "serving"));
  const server = lifecycle.own("server", await listen({ fetch }, { hostname: "127.0.0.1", port: 0 }), (it) =>
    it.close(0),
  );
  const { values } = resolveSettings({ flags: { catalogUrl: server.url, servingUrl: server.url }, env: {} });
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock: systemClock });
  for (const name of ["catalog", "serving"] as const) {
    const service = connectService(name, values, { clock: systemClock, lifecycle });
    const response = await createCall(() => service, name, signer)("/internal/x", { method: "POST", body: "ж" });
    const answer = (await response.json()) as Record<string, string>;
    expect(answer).toMatchObject({ name, path: "/internal/x" });
    const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: name, clock: systemClock });
    expect(await verifier.verify(answer.authorization?.slice("Bearer ".length) ?? "")).toMatchObject({
      role: "service",
    });
  }
  expect(() => connectService("ingestion", values, { clock: systemClock, lifecycle })).toThrow(
    "THEWATCHER_INGESTION_URL is missing",
  );
});

test("a listener of one service answers whoever doesn't say which; nobody gets an answer of another one", async () => {
  const ask = async (services: ReadonlyMap<ServiceName, Service>, header: string | undefined) => {
    const request = new Request("http://x/", { headers: header === undefined ? {} : { "x-service": header } });
    const response = await dispatch(services)(request);
    const body = (await response.json()) as { name?: string; detail?: string };
    return body.name ?? `${response.status} ${body.detail}`;
  };
  expect(await ask(servicesOf("catalog"), undefined)).toBe("catalog");
  expect(await ask(servicesOf("catalog"), "catalog")).toBe("catalog");
  expect(await ask(servicesOf("catalog"), "serving")).toBe("404 This process offers catalog, not serving.");
  expect(await ask(servicesOf("catalog"), "<x>")).toBe("404 This process offers catalog, not what was asked for.");
  expect(await ask(servicesOf("catalog", "serving"), "serving")).toBe("serving");
  expect(await ask(servicesOf("catalog", "serving"), undefined)).toContain("404 This process offers catalog, serving");
});
