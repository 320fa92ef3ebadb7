import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { listen, type RunningServer } from "./http.ts";
import { createHttpService, type HttpService } from "./http-service.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(app: Hono): Promise<RunningServer> {
  const server = await listen(app, { hostname: "127.0.0.1", port: 0 });
  closing.push(() => server.close(0));
  return server;
}

/** A server by hand, for what no app of ours does. */
async function serveRaw(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address where nobody listens. */
async function deadUrl(): Promise<string> {
  const server = await listen(new Hono(), { hostname: "127.0.0.1", port: 0 });
  await server.close(0);
  return server.url;
}

function service(urls: readonly string[], more: Partial<Parameters<typeof createHttpService>[0]> = {}): HttpService {
  const made = createHttpService({ name: "serving", urls, clock: systemClock, deadlineMs: 2_000, ...more });
  closing.push(made.close);
  return made;
}

/** Says who answered and what it was sent. */
const echo = (name: string): Hono => {
  const app = new Hono();
  app.all("*", async (c) => {
    const { searchParams, pathname } = new URL(c.req.url);
    return c.json({
      name,
      method: c.req.method,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: c.req.header(),
      body: await c.req.text(),
    });
  });
  return app;
};

const get = (path = "/") => new Request(`http://serving.internal${path}`);
const post = (body: string) =>
  new Request("http://serving.internal/events", {
    method: "POST",
    body,
    headers: { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) },
  });
const nameOf = async (response: Response) => ((await response.json()) as { name: string }).name;

describe("a request over the network", () => {
  test("arrives as it is: method, path, query, headers and body, with the service's own headers", async () => {
    const { url } = await serve(echo("a"));
    const calling = service([url], { headers: { "x-service": "serving" } });
    const request = new Request("http://somewhere/api/v1/%D1%84?n=2&x=%26", {
      method: "POST",
      headers: { "content-type": "text/plain", authorization: "Bearer t", connection: "close" },
      body: "тело",
    });
    const answer = (await (await calling.fetch(request)).json()) as Record<string, Record<string, string>>;
    expect(answer).toMatchObject({ method: "POST", path: "/api/v1/%D1%84", query: { n: "2", x: "&" }, body: "тело" });
    expect(answer.headers).toMatchObject({
      authorization: "Bearer t",
      "content-type": "text/plain",
      "x-service": "serving",
      host: new URL(url).host,
    });
  });

  test("brings back status, headers and bytes; nothing of the connection", async () => {
    const app = new Hono();
    app.get("/", (c) => c.body("nope", 418, { "x-mark": "1", "set-cookie": "a=b" }));
    app.get("/same", (c) => c.body(null, 304, { etag: '"1"' }));
    const calling = service([(await serve(app)).url]);
    const response = await calling.fetch(get());
    expect([response.status, await response.text(), response.headers.get("x-mark")]).toEqual([418, "nope", "1"]);
    expect(response.headers.get("set-cookie")).toBe("a=b");
    for (const name of ["connection", "keep-alive", "transfer-encoding"])
      expect(response.headers.has(name)).toBe(false);
    const same = await calling.fetch(get("/same"));
    expect([same.status, same.headers.get("etag"), await same.text()]).toEqual([304, '"1"', ""]);
  });

  test("keeps its connection for the next one", async () => {
    let connections = 0;
    const url = await serveRaw(
      createServer((_, response) => response.end("{}")).on("connection", () => {
        connections++;
      }),
    );
    const calling = service([url]);
    for (let i = 0; i < 5; i++) await (await calling.fetch(get())).text();
    expect(connections).toBe(1);
  });
});

describe("several addresses", () => {
  test("take turns", async () => {
    const urls = [(await serve(echo("a"))).url, (await serve(echo("b"))).url];
    const calling = service(urls);
    const names: string[] = [];
    for (let i = 0; i < 4; i++) names.push(await nameOf(await calling.fetch(get())));
    expect(names).toEqual(["a", "b", "a", "b"]);
  });

  test("one where nobody listens: each request, of any method, goes to the other at once", async () => {
    const calling = service([await deadUrl(), (await serve(echo("b"))).url]);
    const startedMs = systemClock.monotonicMs();
    for (let i = 0; i < 6; i++) expect(await nameOf(await calling.fetch(i % 2 ? get() : post("{}")))).toBe("b");
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(5_000);
  });

  test("one that breaks the connection: what is safe or idempotent goes to the other, the rest is a failure", async () => {
    const broken = await serveRaw(createServer((request) => request.socket.destroy()));
    const { url } = await serve(echo("b"));
    expect(await nameOf(await service([broken, url]).fetch(get()))).toBe("b");
    expect(await nameOf(await service([broken, url], { isIdempotent: () => true }).fetch(post("{}")))).toBe("b");
    await expect(service([broken, url]).fetch(post("{}"))).rejects.toThrow(/^serving: .*ECONNRESET/);
  });

  test("one that accepts and never answers: what is safe goes to the other within half of the deadline", async () => {
    const silent = await serveRaw(createServer(() => undefined));
    const calling = service([silent, (await serve(echo("b"))).url], { deadlineMs: 2_000 });
    const startedMs = systemClock.monotonicMs();
    expect(await nameOf(await calling.fetch(get()))).toBe("b");
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(2_000);
    // And the next ones don't try the silent one first.
    const nextMs = systemClock.monotonicMs();
    for (let i = 0; i < 4; i++) expect(await nameOf(await calling.fetch(get()))).toBe("b");
    expect(systemClock.monotonicMs() - nextMs).toBeLessThan(1_000);
  });

  test("none: an error that names the service and the last address, within the deadline", async () => {
    const dead = await deadUrl();
    await expect(service([dead]).fetch(get())).rejects.toThrow(`serving: ${new URL(dead).host}: ECONNREFUSED`);
    const silent = await serveRaw(createServer(() => undefined));
    const startedMs = systemClock.monotonicMs();
    await expect(service([silent], { deadlineMs: 150 }).fetch(get())).rejects.toThrow(/serving: .*no answer within/);
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(5_000);
  });
});

test("an answer cut off in its middle is a failure, never half an answer", async () => {
  const cut = await serveRaw(
    createServer((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setImmediate(() => response.socket?.destroy());
    }),
  );
  await expect(service([cut]).fetch(get())).rejects.toThrow(/^serving: /);
});

test("a body of unknown size is sent as it comes, once", async () => {
  const { url } = await serve(echo("a"));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < 3; i++) controller.enqueue(new TextEncoder().encode(`part${i}`));
      controller.close();
    },
  });
  const request = new Request("http://serving.internal/", { method: "POST", body, duplex: "half" } as RequestInit);
  const answer = (await (await service([url]).fetch(request)).json()) as { body: string };
  expect(answer.body).toBe("part0part1part2");
});
