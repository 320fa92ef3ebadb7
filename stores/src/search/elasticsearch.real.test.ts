/**
 * Search on a real Elasticsearch node, and what it does when the node is killed or frozen. The node has no security module
 * (no registry carries it): login and TLS are tested against a proxy in front of it, which asks for both.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { missing } from "@thewatcher/testbed/available";
import { type Certificates, makeCertificates } from "@thewatcher/testbed/certificates";
import { startElasticsearch } from "@thewatcher/testbed/elasticsearch";
import { freePort, type RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { searchContract } from "./contract.ts";
import { openElasticsearch } from "./elasticsearch.ts";
import type { SearchDocument, SearchSchema } from "./port.ts";

const SCHEMA: SearchSchema = { fields: { title: { kind: "text", weight: 1 } } };

describe.skipIf(missing("elasticsearch"))("search in Elasticsearch", () => {
  let folder: string;
  let server: RunningServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "elasticsearch-"));
    server = await startElasticsearch({ folder: join(folder, "node") });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const refusedOpening = async (url: string): Promise<string> => {
    const error = await openElasticsearch({ url }).catch((e) => e);
    expect(error.name).toBe("UserError");
    expect(error.message).not.toMatch(/\n|hush-hush|another-secret/);
    return error.message;
  };

  searchContract({
    async open() {
      // What is found is tested here, on machines that do ten things at once; how soon is a benchmark's.
      const open = () => openElasticsearch({ url: `${server.url}/?prefix=contract`, searchMs: 30_000 });
      const port = await open();
      return { port, another: open, dispose: () => port.close() };
    },
  });

  test("two prefixes on one server don't see each other", async () => {
    await using one = await openElasticsearch({ url: `${server.url}?prefix=one` });
    await using other = await openElasticsearch({ url: `${server.url}?prefix=other` });
    await one.begin("titles", "g1", SCHEMA);
    await other.begin("titles", "g1", SCHEMA);
    await one.activate("titles", "g1");
    expect((await other.search({ collection: "titles", text: "", limit: 1 })).generation).toBeUndefined();
  });

  test("a put that comes after the drop of its generation makes no index of its own", async () => {
    await using search = await openElasticsearch({ url: server.url });
    await using elsewhere = await openElasticsearch({ url: server.url });
    const documents: SearchDocument[] = [{ id: "a", fields: { title: "a" } }];
    await search.begin("dropped", "g1", SCHEMA);
    await search.put("dropped", "g1", documents);
    await elsewhere.drop("dropped", "g1");
    await expect(search.put("dropped", "g1", documents)).rejects.toThrow(/put to dropped g1 failed: /);
    expect(await search.generations("dropped")).toEqual([]);
  });

  test("killed under load and started again: what was answered is there, what failed said so, the next call works", async () => {
    await using search = await openElasticsearch({ url: server.url });
    await search.begin("killed", "g1", SCHEMA);
    await search.activate("killed", "g1");
    const answered: string[] = [];
    const failures: string[] = [];
    let stop = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !stop; i++) {
        const id = `w${writer}-${i}`;
        await search.put("killed", "g1", [{ id, fields: { title: `слово ${id}` } }]).then(
          () => answered.push(id),
          (error) => failures.push(error.message),
        );
      }
    });
    while (answered.length < 40) await pause(5);
    await server.kill();
    while (failures.length === 0) await pause(5);
    await expect(search.search({ collection: "killed", text: "слово", limit: 1 })).rejects.toThrow(/search failed: /);
    await server.start();
    const before = answered.length;
    while (answered.length < before + 20) await pause(5);
    stop = true;
    await Promise.all(writers);
    for (const failure of failures)
      expect(failure).toMatch(/^search at http:\/\/127\.0\.0\.1:\d+: put to killed g1 failed: /);
    await search.flush("killed", "g1");
    const kept = (await search.generations("killed"))[0]?.documentCount ?? 0;
    // A put whose answer was lost may have been kept.
    expect(kept).toBeGreaterThanOrEqual(answered.length);
    for (const id of answered.filter((_, i) => i % 10 === 0)) {
      const { hits } = await search.search({
        collection: "killed",
        text: id,
        unfinished: false,
        typosMax: 0,
        limit: 1,
      });
      expect(hits.map((hit) => hit.id)).toEqual([id]);
    }
  });

  test("frozen: every search ends within its deadline and says so; thawed: the next one works", async () => {
    await using search = await openElasticsearch({ url: server.url });
    await search.begin("frozen", "g1", SCHEMA);
    await search.put("frozen", "g1", [{ id: "a", fields: { title: "слово" } }]);
    await search.activate("frozen", "g1");
    const ask = () => search.search({ collection: "frozen", text: "слово", limit: 1 });
    const isAnswered = async () => (await ask().catch(() => undefined))?.total === 1;
    while (!(await isAnswered())) await pause(50);
    server.freeze();
    try {
      const startedAt = performance.now();
      for (const settled of await Promise.allSettled(Array.from({ length: 100 }, ask))) {
        expect(settled.status).toBe("rejected");
        if (settled.status === "rejected") expect(settled.reason.message).toMatch(/search failed: no answer in time/);
      }
      // Three seconds each for the alias and the search; the rest is the machine's.
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    } finally {
      server.thaw();
    }
    while (!(await isAnswered())) await pause(50);
  });

  test("a port that refuses, a host that isn't and something that is no Elasticsearch are each told in one line", async () => {
    expect(await refusedOpening(`http://127.0.0.1:${await freePort()}`)).toMatch(/ECONNREFUSED/);
    expect(await refusedOpening("http://no-such-host.invalid:9200")).toMatch(/ENOTFOUND/);
    expect(await refusedOpening(server.url.replace("http:", "https:"))).toMatch(/TLS is asked for/);
    server.freeze();
    try {
      expect(await refusedOpening(server.url)).toMatch(/no answer in time/);
    } finally {
      server.thaw();
    }
  });

  test("where it may be away it opens while nothing answers, says so when asked, and works when something does", async () => {
    const port = await freePort();
    await using search = await openElasticsearch({ url: `http://127.0.0.1:${port}`, mayBeAway: true });
    await expect(search.describe()).rejects.toThrow(/describe failed: .*ECONNREFUSED/);
    await expect(search.search({ collection: "titles", text: "x", limit: 1 })).rejects.toThrow(/search failed: /);
    const late = createHttpServer((request, response) => {
      httpRequest(`${server.url}${request.url}`, { method: request.method ?? "GET" }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).end();
    });
    await new Promise<void>((resolve) => late.listen(port, "127.0.0.1", resolve));
    try {
      expect(await search.describe()).toBe(`Elasticsearch at http://127.0.0.1:${port}`);
      expect(await search.generations("nothing-there")).toEqual([]);
    } finally {
      late.closeAllConnections();
      late.close();
    }
    await expect(openElasticsearch({ url: "ftp://x", mayBeAway: true })).rejects.toThrow(/begins with ftp:/);
  });

  const refused: Readonly<Record<string, RegExp>> = {
    "elasticsearch://host:9200": /begins with elasticsearch:/,
    "http://user@host:9200": /has a user without a password/,
    "http://host:9200/path": /has the path \/path/,
    "http://host:9200/?prefix=Up": /has the prefix "Up"/,
    "http://host:9200/?verify=false": /has the parameter verify/,
    "http://host:9200/?ca=/x": /has a ca without https/,
    "https://host:9200/?ca=/no/such": /\?ca=\/no\/such can't be read/,
    "http://user:hush-hush%zz@host:9200": /can't be read/,
  };
  test.each(Object.entries(refused))("the URL %s is refused in one line", async (url, why) => {
    expect(await refusedOpening(url)).toMatch(why);
  });

  describe("behind TLS and a login", () => {
    let tls: Certificates;
    let proxy: Server;
    let address: string;
    beforeAll(async () => {
      tls = await makeCertificates(join(folder, "certificates"));
      const login = `Basic ${Buffer.from("cinema:hush-hush@1").toString("base64")}`;
      const pair = { cert: await readFile(tls.certFile), key: await readFile(tls.keyFile) };
      proxy = createServer(pair, (request, response) => {
        if (request.headers.authorization !== login) {
          response.writeHead(401).end("{}");
          return;
        }
        const { method, url: path, headers } = request;
        const onward = httpRequest({ port: server.port, host: "127.0.0.1", method, path, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on("error", () => response.destroy());
        request.pipe(onward);
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      address = `127.0.0.1:${(proxy.address() as AddressInfo).port}/?ca=${encodeURIComponent(tls.caFile)}`;
    });
    afterAll(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    test("the right password goes through, and is not in what the port says about itself", async () => {
      await using search = await openElasticsearch({ url: `https://cinema:hush-hush%401@${address}` });
      await search.begin("secured", "g1", SCHEMA);
      await search.put("secured", "g1", [{ id: "a", fields: { title: "слово" } }]);
      await search.activate("secured", "g1");
      expect((await search.search({ collection: "secured", text: "слово", limit: 1 })).total).toBe(1);
      expect(await search.describe()).toMatch(/^Elasticsearch at https:\/\/127\.0\.0\.1:\d+$/);
    });

    test("a wrong password, none, and a certificate of nobody known are each told in one line", async () => {
      expect(await refusedOpening(`https://cinema:another-secret@${address}`)).toMatch(/user or the password is wrong/);
      expect(await refusedOpening(`https://${address}`)).toMatch(/user or the password is wrong/);
      expect(await refusedOpening(`https://cinema:hush-hush%401@${address.replace(/\?.*/, "")}`)).toMatch(
        /certificate is not trusted; give its authority as \?ca=\/path/,
      );
    });
  });
});
