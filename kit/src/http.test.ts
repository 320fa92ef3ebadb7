import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { handleErrors, listen, ProblemError, readBoundedText, readJson, requestId } from "./http.ts";
import { silentLog } from "./log.ts";

const problem = (status: number, slug: string) => ({ type: `/docs/problems/${slug}`, title: slug, status });
const options = { log: silentLog, notFound: problem(404, "not-found"), internal: problem(500, "internal") };

function anApp() {
  const app = new Hono();
  handleErrors(app, options);
  app.use(requestId());
  app.get("/expected", () => {
    throw new ProblemError({ ...problem(409, "conflict"), detail: "for the client" }, new Error("for the log"));
  });
  app.get("/bug", () => {
    throw new Error("password=hunter2");
  });
  app.get("/hono", () => {
    throw new HTTPException(418, { message: "short and stout" });
  });
  app.post("/json", async (c) => {
    const body = await readJson(c, z.object({ n: z.number() }), {
      bytesMax: 20,
      tooLarge: problem(413, "body-too-large"),
      malformed: problem(400, "bad-request"),
    });
    return c.json(body);
  });
  return app;
}

describe("a failure", () => {
  test("is problem+json under the request's id, and its cause stays inside", async () => {
    for (const [path, status, title] of [
      ["/expected", 409, "conflict"],
      ["/bug", 500, "internal"],
      ["/hono", 418, "short and stout"],
      ["/nowhere", 404, "not-found"],
    ] as const) {
      const answer = await anApp().request(path, { headers: { "x-request-id": "request-0001" } });
      const text = await answer.text();
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.headers.get("x-request-id")).toBe("request-0001");
      expect(JSON.parse(text)).toMatchObject({ title, status });
      expect(text).not.toMatch(/hunter2|for the log|stack/);
      if (status !== 404) expect(JSON.parse(text)).toMatchObject({ instance: "request-0001" });
    }
  });

  test("of ours is logged with its cause, one of the caller's is not", async () => {
    const error = vi.fn();
    const app = anApp();
    handleErrors(app, { ...options, log: { ...silentLog, error } as never });
    await app.request("/expected");
    expect(error).not.toHaveBeenCalled();
    await app.request("/bug");
    expect(error.mock.calls[0]?.[0]).toMatchObject({ path: "/bug", err: new Error("password=hunter2") });
  });
});

test("a request id that does not look like one is replaced", async () => {
  for (const given of ["short", "x".repeat(65), "with space 123", "<script>alert(1)</script>"]) {
    const answer = await anApp().request("/nowhere", { headers: { "x-request-id": given } });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

describe("a JSON body", () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    anApp().request("/json", { method: "POST", body, headers });

  test("is read and checked; what is wrong is named with its place", async () => {
    expect(await (await post('{"n":1}')).json()).toEqual({ n: 1 });
    expect(await (await post('{"n":"1"}')).json()).toMatchObject({ status: 400, errors: [{ path: "n" }] });
    expect(await (await post("[]")).json()).toMatchObject({ status: 400, errors: [{ path: "(body)" }] });
    expect(await (await post("{")).json()).toMatchObject({ status: 400, detail: expect.stringContaining("not JSON") });
    expect((await post("")).status).toBe(400);
  });

  test("of exactly the most bytes passes, of one more is refused, counted in bytes", async () => {
    // 20 bytes: {"n":1} and 13 spaces.
    expect((await post(`{"n":1}${" ".repeat(13)}`)).status).toBe(200);
    expect((await post(`{"n":1}${" ".repeat(14)}`)).status).toBe(413);
    // 11 characters of two bytes each.
    expect((await post("ё".repeat(11))).status).toBe(413);
  });

  test("that comes in pieces without a length is counted as it comes, and no more of it is read", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(10));
      },
    });
    const request = new Request("http://x/", { method: "POST", body: endless, duplex: "half" });
    expect(await readBoundedText(request, 100)).toBeUndefined();
    expect(pulled).toBeLessThan(20);
  });

  test("whose header claims too much is refused before it is read", async () => {
    const request = new Request("http://x/", { method: "POST", body: "{}", headers: { "content-length": "1000" } });
    expect(await readBoundedText(request, 100)).toBeUndefined();
    expect(request.bodyUsed).toBe(false);
  });
});

describe("a server", () => {
  test("answers at the port it got, and a taken port is a rejection", async () => {
    const app = new Hono().get("/", (c) => c.text("here"));
    const server = await listen(app, { hostname: "127.0.0.1", port: 0 });
    try {
      expect(await (await fetch(server.url)).text()).toBe("here");
      await expect(listen(app, { hostname: "127.0.0.1", port: server.port })).rejects.toThrow(/EADDRINUSE/);
    } finally {
      await server.close(1_000);
    }
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test("lets a request under way end before it closes", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let started = () => {};
    const underWay = new Promise<void>((resolve) => {
      started = resolve;
    });
    const app = new Hono().get("/", async (c) => {
      started();
      await finished;
      return c.text("whole");
    });
    const server = await listen(app, { hostname: "127.0.0.1", port: 0 });
    const answer = fetch(server.url);
    await underWay;
    const closingMs = performance.now();
    const closed = server.close(10_000);
    finish();
    expect(await (await answer).text()).toBe("whole");
    await closed;
    // The client keeps its connection alive: it must not cost the grace.
    expect(performance.now() - closingMs).toBeLessThan(5_000);
  });

  test("cuts a request that does not end in the grace", async () => {
    let started = () => {};
    const underWay = new Promise<void>((resolve) => {
      started = resolve;
    });
    const app = new Hono().get("/", () => {
      started();
      return new Promise<Response>(() => {});
    });
    const server = await listen(app, { hostname: "127.0.0.1", port: 0 });
    const answer = expect(fetch(server.url)).rejects.toThrow();
    await underWay;
    await server.close(10);
    await answer;
  });
});
