/**
 * What went wrong in frameworks like ours (hono, undici, Express, Vite, fastify: path confusion, method override, header
 * smuggling, cookie tossing, prototype keys), as guarantees of this door. Over a socket, written by hand: a client would
 * mend what is sent here.
 */
import { connect } from "node:net";
import { listen, type RunningServer } from "@thewatcher/kit/http";
import { createTokenSigner, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway } from "./app.ts";
import { csrfTokenOf } from "./csrf.ts";
import { type Door, openDoor, openTestStores, signIn, type TestStores } from "./testing.ts";

let stores: TestStores;
let door: Door;
let server: RunningServer;
/** What got through to a service. */
const arrived: string[] = [];
let cookie: string;
let csrf: string;

beforeAll(async () => {
  stores = await openTestStores();
  door = await openDoor(stores);
  const service = async (request: Request) => {
    arrived.push(`${request.method} ${new URL(request.url).pathname}`);
    return Response.json({ body: await request.text() });
  };
  const app = createGateway({
    database: stores.database,
    cache: door.cache,
    signer: createTokenSigner({ privateKey: generateTokenKeys().privateKey, clock: door.clock }),
    services: { ingestion: service, serving: service, catalog: service, control: service },
    clock: door.clock,
    log: silentLog,
    world: () => "demo",
    postOffice: { kick() {}, requireRoom() {} },
  });
  server = await listen(app, { hostname: "127.0.0.1", port: 0 });
  const browser = await signIn(door, "demo-a", "a-1");
  cookie = browser.cookie;
  csrf = browser.csrfToken;
});
afterAll(async () => {
  await server.close(0);
  await door.close();
  await stores.dispose();
});

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends these bytes and reads what comes until the server closes. */
function send(head: readonly string[], body = ""): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(`${[...head, "connection: close"].join("\r\n")}\r\n\r\n${body}`);
    });
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (text += chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const end = text.indexOf("\r\n\r\n");
      resolve({ status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) });
    });
  });
}
const host = () => `host: 127.0.0.1:${server.port}`;
const origin = () => `origin: http://127.0.0.1:${server.port}`;
const get = (path: string, ...headers: string[]) => send([`GET ${path} HTTP/1.1`, host(), ...headers]);
const asA = () => `cookie: ${cookie}`;

test("A's own page is there: what is refused below is refused for what it is", async () => {
  expect((await get("/api/v1/profiles/a-1/home", asA())).status).toBe(200);
});

describe("another way to write a path", () => {
  const forms = [
    "//api/v1/profiles/b-1/home",
    "/api//v1/profiles/b-1/home",
    "/api/v1/profiles/b-1/home/",
    "/api/v1/profiles/a-1/../b-1/home",
    "/api/v1/profiles/a-1/%2e%2e/b-1/home",
    "/api/v1/profiles/a-1%2f..%2fb-1/home",
    "/api/v1/profiles/a-1%252f..%252fb-1/home",
    "/api/v1/profiles/a-1/..%2fb-1/home",
    "/api/v1/profiles/a-1;b-1/home",
    "/api/v1/profiles/b-1%00a-1/home",
    "/api/v1/profiles/b-1/home%3f/a-1",
    "/api/v1/profiles/b-1/home#/a-1",
    "/api/v1/profiles/%62-1/home",
    "/api\\v1\\profiles\\b-1\\home",
    "/api/v1/Profiles/b-1/home",
    "/%61pi/v1/profiles/b-1/home",
    "/internal/catalogue",
    "//internal/catalogue",
    "/%69nternal/catalogue",
    "/api/../internal/catalogue",
    "/api/v1/%2e%2e/%2e%2e/internal/catalogue",
    "/api/v1/titles/..%2f..%2f..%2finternal%2fcatalogue",
    "/api/v1/titles/%2e%2e",
    "/api/v1/titles/%",
    "/api/v1/titles/%c0%ae%c0%ae",
    "/openapi.json",
  ];
  test.each(forms)("%s leads nobody into another's, nor behind the door", async (path) => {
    arrived.length = 0;
    const answer = await get(path, asA());
    expect([400, 403, 404]).toContain(answer.status);
    expect(arrived.filter((one) => one.includes("b-1") || one.includes("internal"))).toEqual([]);
  });

  test("a whole URL in the request line is of the host that it names, and no other", async () => {
    arrived.length = 0;
    expect((await get("http://evil.example/api/v1/home", asA())).status).toBe(421);
    expect((await send(["GET http://thewatcher.ru/api/v1/zone HTTP/1.1", host()])).status).toBe(421);
    expect(arrived).toEqual([]);
  });
});

describe("methods", () => {
  test.each(["TRACE", "CONNECT", "OPTIONS", "PROPFIND", "PATCH", "DELETE"])(
    "%s does nothing where it is not named",
    async (method) => {
      arrived.length = 0;
      const answer = await send([`${method} /api/v1/home HTTP/1.1`, host(), asA(), origin(), `x-csrf-token: ${csrf}`]);
      expect(answer.status === 405 || answer.status === 400 || Number.isNaN(answer.status) || answer.status === 0).toBe(
        true,
      );
      expect(answer.body).not.toContain(cookie);
      expect(arrived).toEqual([]);
    },
  );

  test("HEAD is the GET without its body, under the same rules", async () => {
    const own = await send(["HEAD /api/v1/profiles/a-1/home HTTP/1.1", host(), asA()]);
    expect([own.status, own.body]).toEqual([200, ""]);
    expect((await send(["HEAD /api/v1/profiles/b-1/home HTTP/1.1", host(), asA()])).status).toBe(404);
    expect((await send(["HEAD /api/v1/home HTTP/1.1", host()])).status).toBe(401);
  });

  test("no header makes one method another", async () => {
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override", "_method"]) {
      const answer = await get("/api/v1/session", asA(), `${name}: DELETE`, origin(), `x-csrf-token: ${csrf}`);
      expect([answer.status, answer.body.includes("signed_in")], name).toEqual([200, true]);
      expect((await get(`/api/v1/session?_method=DELETE`, asA())).body).toContain("signed_in");
    }
  });
});

describe("headers", () => {
  test("too many, too long and a path too long are problems", async () => {
    const many = Array.from({ length: 80 }, (_, i) => `x-${i}: 1`);
    const tooMany = await get("/api/v1/zone", ...many);
    expect([tooMany.status, tooMany.head.includes("problem+json")]).toEqual([431, true]);
    const tooLong = await get("/api/v1/zone", `cookie: a=${"x".repeat(13_000)}`);
    expect([tooLong.status, tooLong.body.includes("headers-too-large")]).toEqual([431, true]);
    expect((await get("/api/v1/zone", `cookie: a=${"x".repeat(100_000)}`)).status).toBe(431);
    expect((await get(`/api/v1/zone?q=${"x".repeat(9_000)}`)).status).toBe(414);
    expect((await get("/api/v1/zone")).status).toBe(200);
  });

  test("a request that says twice who it is for, or how long it is, is no request", async () => {
    arrived.length = 0;
    expect((await get("/api/v1/zone", "host: thewatcher.ru")).status).toBe(400);
    expect((await send(["GET /api/v1/zone HTTP/1.1"])).status).toBe(400);
    const post = (...headers: string[]) =>
      send(
        ["POST /api/v1/events HTTP/1.1", host(), asA(), origin(), `x-csrf-token: ${csrf}`, ...headers],
        "{}GET /internal HTTP/1.1\r\n\r\n",
      );
    expect((await post("content-length: 2", "content-length: 3")).status).toBe(400);
    expect((await post("content-length: 2", "transfer-encoding: chunked")).status).toBe(400);
    expect((await post("transfer-encoding: chunked, identity")).status).toBe(400);
    expect((await post("content-length: -1")).status).toBe(400);
    expect(arrived).toEqual([]);
  });

  test("what a service is told of who asks can't be sent along", async () => {
    const answer = await get(
      "/api/v1/home",
      asA(),
      "x-profile-id: b-1",
      "x-service: catalog",
      "x-edge-country: US",
      "x-original-url: /internal/catalogue",
      "x-rewrite-url: /internal/catalogue",
      "x-forwarded-host: evil.example",
      "forwarded: host=evil.example",
    );
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain("evil");
    const zone = await get("/api/v1/zone", "x-forwarded-host: thewatcher.ru");
    expect(JSON.parse(zone.body)).toMatchObject({ country: "US" });
  });

  test("a body that says that it is too long is not read", async () => {
    const answer = await send([
      "POST /api/v1/events HTTP/1.1",
      host(),
      asA(),
      origin(),
      `x-csrf-token: ${csrf}`,
      "content-length: 99999999999",
    ]);
    expect([answer.status, answer.body.includes("body-too-large")]).toEqual([413, true]);
  });
});

describe("cookies", () => {
  test("two sessions are none: which one is the browser's own nobody can say", async () => {
    const other = (await signIn(door, "demo-b", "b-1")).cookie;
    for (const pair of [`${cookie}; ${other}`, `${other}; ${cookie}`]) {
      expect((await get("/api/v1/home", `cookie: ${pair}`)).status).toBe(401);
    }
    expect((await get("/api/v1/home", `cookie: ${cookie}; ${cookie}`)).status).toBe(200);
  });

  test("a name that is not exactly the session's opens nothing", async () => {
    const value = cookie.slice(cookie.indexOf("=") + 1);
    const name = cookie.slice(0, cookie.indexOf("="));
    const forms = [
      `__Host-session=${value}`,
      `__host-session=${value}`,
      ` =${cookie}`,
      `${name.toUpperCase()}=${value}`,
      `x${name}=${value}`,
      `${name} =${value}`,
      `"${cookie}"`,
      `a=b,${cookie}`,
    ];
    for (const form of forms) expect((await get("/api/v1/home", `cookie: ${form}`)).status, form).toBe(401);
  });

  test("forged and broken sessions are nobody's", async () => {
    const name = cookie.slice(0, cookie.indexOf("="));
    for (const value of ["", "x", "A".repeat(43), "../../x", "%00", "a".repeat(5_000), "__proto__"]) {
      expect((await get("/api/v1/home", `cookie: ${name}=${value}`)).status, value).toBe(401);
    }
  });
});

describe("bodies", () => {
  const post = (body: string, type = "application/json") =>
    send(
      [
        "PUT /api/v1/session/profile HTTP/1.1",
        host(),
        `cookie: ${cookie}`,
        origin(),
        `x-csrf-token: ${csrf}`,
        `content-type: ${type}`,
        `content-length: ${Buffer.byteLength(body)}`,
      ],
      body,
    );

  test("prototype keys are keys, and give nobody anything", async () => {
    for (const body of [
      '{"__proto__":{"profileId":"a-2"}}',
      '{"constructor":{"prototype":{"profileId":"a-2"}}}',
      '{"profileId":{"__proto__":"a-2"}}',
      '{"profileId":["a-2"]}',
      '[{"profileId":"a-2"}]',
      "null",
      '"a-2"',
      '{"profileId":"a-2"',
      "\u0000",
      `${"[".repeat(2_000)}${"]".repeat(2_000)}`,
    ]) {
      expect((await post(body)).status, body.slice(0, 60)).toBe(400);
    }
    expect(({} as { profileId?: string }).profileId).toBeUndefined();
  });

  test("a form of another site's page is refused for want of the session's token, whatever it calls itself", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const answer = await send(
        [
          "PUT /api/v1/session/profile HTTP/1.1",
          host(),
          `cookie: ${cookie}`,
          origin(),
          `content-type: ${type}`,
          "content-length: 18",
        ],
        '{"profileId":"a2"}',
      );
      expect(answer.status, type).toBe(403);
    }
  });

  test("one that is longer than it may be is refused while it is read", async () => {
    const chunk = "x".repeat(1_000);
    const chunks = `${`3e8\r\n${chunk}\r\n`.repeat(6)}0\r\n\r\n`;
    const answer = await send(
      [
        "PUT /api/v1/session/profile HTTP/1.1",
        host(),
        `cookie: ${cookie}`,
        origin(),
        `x-csrf-token: ${csrfTokenOf(cookie.slice(cookie.indexOf("=") + 1))}`,
        "transfer-encoding: chunked",
      ],
      chunks,
    );
    expect(answer.status).toBe(413);
  });
});
