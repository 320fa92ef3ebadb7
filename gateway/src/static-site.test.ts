import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { listen } from "@thewatcher/kit/http";
import { createTokenSigner, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { openLmdbCache } from "@thewatcher/stores/cache/lmdb";
import type { Database } from "@thewatcher/stores/database/port";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway } from "./app.ts";
import { createStaticSite } from "./static-site.ts";

let folder: string;
let root: string;
let app: ReturnType<typeof createGateway>;
let close: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "site-"));
  root = join(folder, "app");
  await mkdir(join(root, "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(
    join(root, "index.html"),
    '<!doctype html><title>app</title><script type="module" crossorigin src="/assets/main-abc123.js"></script>' +
      '<link rel="stylesheet" href="/a.css"><style>i{}</style><link rel="icon" href="/x">',
  );
  await writeFile(join(root, "favicon.svg"), "<svg/>");
  await writeFile(join(root, "assets", "main-abc123.js"), "plain");
  await writeFile(join(root, "assets", "main-abc123.js.br"), "as brotli");
  await writeFile(join(root, "assets", "main-abc123.js.gz"), "as gzip");
  await symlink(join(folder, "secret.txt"), join(root, "link.txt"));
  const clock = createSimulatedClock(0);
  const cache = await openLmdbCache({ path: join(folder, "cache"), clock });
  const nothing = () => new Response(null, { status: 500 });
  app = createGateway({
    // The site needs no database: any use of it would throw.
    database: {} as Database,
    cache,
    signer: createTokenSigner({ privateKey: generateTokenKeys().privateKey, clock }),
    services: { ingestion: nothing, serving: nothing, catalog: nothing, control: nothing },
    web: { root },
    clock,
    log: silentLog,
    world: () => "demo",
    postOffice: { kick() {}, requireRoom() {} },
  });
  close = () => cache.close();
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

test("the start page is asked for again each time, and nothing of it runs that is not its own", async () => {
  const answer = await app.request("/");
  expect(await answer.text()).toContain("<title>app</title>");
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
});

test("its scripts and styles carry a nonce that is another one each time, and nothing else runs", async () => {
  const nonces = new Set<string>();
  for (const path of ["/", "/index.html", "/title/t-1", "/"]) {
    const answer = await app.request(path);
    const policy = answer.headers.get("content-security-policy") ?? "";
    const nonce = /script-src 'nonce-([\w-]{22})' 'strict-dynamic';/.exec(policy)?.[1] ?? "none";
    nonces.add(nonce);
    expect(policy).not.toContain("unsafe-inline");
    expect(await answer.text()).toContain(
      `<script nonce="${nonce}" type="module" crossorigin src="/assets/main-abc123.js"></script>` +
        `<link rel="stylesheet" nonce="${nonce}" href="/a.css"><style nonce="${nonce}">i{}</style><link rel="icon" href="/x">`,
    );
  }
  expect(nonces.size).toBe(4);
});

test("a file with a hash in its name is kept for ever, and comes compressed to who takes that", async () => {
  const ask = async (encoding: string) => {
    const answer = await app.request("/assets/main-abc123.js", { headers: { "accept-encoding": encoding } });
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(answer.headers.get("vary")).toBe("accept-encoding");
    return [answer.headers.get("content-encoding"), await answer.text()];
  };
  expect(await ask("gzip, deflate, br")).toEqual(["br", "as brotli"]);
  expect(await ask("gzip")).toEqual(["gzip", "as gzip"]);
  expect(await ask("br;q=0, gzip;q=0.5")).toEqual(["gzip", "as gzip"]);
  expect(await ask("identity")).toEqual([null, "plain"]);
});

test("what the browser still has is not sent again", async () => {
  const etag = (await app.request("/favicon.svg")).headers.get("etag") ?? "";
  const answer = await app.request("/favicon.svg", { headers: { "if-none-match": etag } });
  expect(answer.status).toBe(304);
});

test("a page of the app is the start page; a missing file, and anything of the API, is missing", async () => {
  for (const path of ["/titles/film-1", "/profiles", "/apiary"]) {
    expect((await app.request(path)).headers.get("content-type"), path).toContain("text/html");
  }
  for (const path of ["/assets/gone.js", "/api/v1/gone", "/api", "/internal/stated", "/docs/x"]) {
    const answer = await app.request(path);
    expect(answer.status, path).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  }
  expect((await app.request("/titles/film-1", { method: "POST" })).status).toBe(404);
});

describe("nothing outside the folder is answered", () => {
  const climbing = [
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/%252e%252e/secret.txt",
    "//secret.txt",
    "/./../secret.txt",
    "/assets/%00/../../../secret.txt",
    "/link.txt",
    "/....//secret.txt",
  ];

  test.each(climbing)("%s, in process", async (path) => {
    expect(await (await app.request(path)).text()).not.toBe("secret");
  });

  test("nor over a real connection that sends the path as it is", async () => {
    const server = await listen(app, { hostname: "127.0.0.1", port: 0 });
    try {
      for (const path of [...climbing, "/\\..\\secret.txt", "http://x/../secret.txt"]) {
        const body = await new Promise<string>((resolve, reject) => {
          const request = httpRequest({ host: "127.0.0.1", port: server.port, path, agent: false }, (answer) => {
            let text = "";
            answer.on("data", (chunk) => {
              text += chunk;
            });
            answer.on("end", () => resolve(text));
          });
          request.on("error", reject);
          request.end();
        });
        expect(body, path).not.toContain("secret");
      }
    } finally {
      await server.close(100);
    }
  });
});

test("a folder without a built app is refused with what to do", () => {
  expect(() => createStaticSite(join(folder, "nowhere"))).toThrow(/npm run build/);
});
