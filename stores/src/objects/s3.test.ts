import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { OBJECT_BYTES_MAX } from "./keys.ts";
import { openS3Objects, S3_PART_BYTES } from "./s3.ts";

/** A server that answers as it is told: what the real ones do only on a bad day. */
let server: Server | undefined;
const requests: string[] = [];
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  requests.length = 0;
});

const EMPTY_LIST = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

async function serve(listener: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url?.split("?")[0]}`);
    request.resume();
    listener(request, response);
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `s3://key:hush-hush@127.0.0.1:${(server.address() as AddressInfo).port}/bucket`;
}

/** Lists are empty; everything else is up to `listener`. */
const serveObjects = (listener: RequestListener) =>
  serve((request, response) =>
    request.method === "GET" && request.url?.includes("list-type=2")
      ? response.end(EMPTY_LIST)
      : listener(request, response),
  );

const refusal = (code: string, message = "as told") =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

const body = new Uint8Array([1, 2, 3]);

describe("a URL", () => {
  const refused: Readonly<Record<string, RegExp>> = {
    "s3:": /names no host/,
    "s3://key:hush-hush@:9000/bucket": /can't be read/,
    "s3://host:9000/bucket": /lacks the access key or the secret key/,
    "s3://key@host:9000/bucket": /lacks the access key or the secret key/,
    "s3://key:hush-hush@host:9000": /names no bucket/,
    "s3://key:hush-hush@host:9000/Bucket": /names the bucket "Bucket"/,
    "s3://key:hush-hush@host:9000/b": /names the bucket "b"/,
    "s3://key:hush-hush@host:9000/bucket/a/../../../b@": /names the bucket|prefix/,
    "s3://key:hush-hush@host:9000/bucket/pré": /has a prefix that is no key/,
    "s3://key:hush-hush@host:9000/bucket/%zz": /has a % that is no escape/,
    "s3://key:hush-hush@host:9000/bucket?tls=yes": /has tls=yes/,
    "s3://key:hush-hush@host:9000/bucket?ca=/x": /has a ca without tls=true/,
    "s3://key:hush-hush@host:9000/bucket?verify=false": /has the parameter verify/,
    "s3://key:hush-hush@host:9000/bucket?tls=true&ca=/no/such": /\?ca=\/no\/such can't be read/,
    "minio://key:hush-hush@host:9000/bucket": /begins with minio:/,
    "s3://key:hush/hush@host:9000/bucket": /can't be read/,
  };
  test.each(Object.entries(refused))("%s is refused in one line", async (url, why) => {
    const error = await openS3Objects({ url }).catch((e) => e);
    expect(error.name).toBe("UserError");
    expect(error.message).toMatch(why);
    expect(error.message).not.toMatch(/hush|\n/);
  });
});

describe("opening", () => {
  const opened = async (listener: RequestListener) => {
    const error = await openS3Objects({ url: await serve(listener) }).catch((e) => e);
    expect(error.name).toBe("UserError");
    expect(error.message).not.toMatch(/hush|\n/);
    return error.message as string;
  };

  test("of something that is no S3 says so", async () => {
    expect(await opened((_, response) => response.end("<html>Welcome</html>"))).toMatch(/list is none of S3/);
    expect(await opened((_, response) => response.writeHead(404).end("<html>\nNot here</html>"))).toMatch(/Not here/);
  });

  test("where the bucket is absent and may not be made says both", async () => {
    const message = await opened((request, response) =>
      request.method === "PUT"
        ? response.writeHead(403).end(refusal("AccessDenied"))
        : response.writeHead(404).end(refusal("NoSuchBucket")),
    );
    expect(message).toMatch(/the bucket is absent and can't be made: this access key may not do that/);
  });

  test("while another process makes the bucket goes on", async () => {
    let made = false;
    const url = await serve((request, response) => {
      if (request.method === "PUT") {
        made = true;
        response.writeHead(409).end(refusal("BucketAlreadyOwnedByYou"));
      } else if (made) response.end(EMPTY_LIST);
      else response.writeHead(404).end(refusal("NoSuchBucket"));
    });
    await using objects = await openS3Objects({ url });
    expect(await objects.describe()).toMatch(/^S3 objects at s3:\/\/127\.0\.0\.1:\d+\/bucket$/);
  });
});

describe("a call", () => {
  test("that meets a passing failure is repeated, three times in all", async () => {
    let failures = 2;
    const url = await serveObjects((_, response) => {
      if (failures-- > 0) response.writeHead(503).end(refusal("SlowDown"));
      else response.end();
    });
    await using objects = await openS3Objects({ url });
    await objects.put("a", body);
    expect(requests.filter((request) => request === "PUT /bucket/a").length).toBe(3);
    failures = 1_000;
    await expect(objects.put("b", body)).rejects.toThrow(/put b failed: SlowDown: as told/);
    expect(requests.filter((request) => request === "PUT /bucket/b").length).toBe(3);
  });

  test("that is refused is not repeated", async () => {
    const url = await serveObjects((_, response) => response.writeHead(403).end(refusal("AccessDenied")));
    await using objects = await openS3Objects({ url });
    await expect(objects.put("a", body)).rejects.toThrow(/may not do that \(AccessDenied\)/);
    expect(requests.filter((request) => request === "PUT /bucket/a").length).toBe(1);
  });

  test("whose part is refused ends the upload and puts nothing", async () => {
    const url = await serveObjects((request, response) => {
      if (request.url === "/bucket/a?uploads") {
        response.end("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>");
      } else if (request.url?.includes("partNumber=2")) response.writeHead(403).end(refusal("AccessDenied"));
      else if (request.method === "DELETE") response.writeHead(204).end();
      else response.setHeader("etag", '"e"').end();
    });
    const log: string[] = [];
    await using objects = await openS3Objects({ url, log: (line) => log.push(line) });
    requests.length = 0;
    await expect(objects.put("a", new Uint8Array(2 * S3_PART_BYTES))).rejects.toThrow(/may not do that/);
    // The upload is begun, two parts are sent, and it is ended; it is never completed.
    const sent = ["POST /bucket/a", "PUT /bucket/a", "PUT /bucket/a", "DELETE /bucket/a"];
    expect(requests).toEqual(sent);
    expect(log).toEqual([]);
  });

  test("refused a hundred times leaves no connection taken", async () => {
    const url = await serveObjects((_, response) => response.writeHead(404).end(refusal("NoSuchKey")));
    await using objects = await openS3Objects({ url });
    await Promise.all(Array.from({ length: 100 }, () => objects.get("a")));
    expect(await objects.get("a")).toBeUndefined();
  });

  test("never takes half an object for a whole one", async () => {
    const url = await serveObjects((_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("half");
      setImmediate(() => response.destroy());
    });
    await using objects = await openS3Objects({ url });
    await expect(objects.get("a")).rejects.toThrow(/get a failed/);
  });

  test("takes an object whose length is not announced", async () => {
    const url = await serveObjects((_, response) => {
      response.write("one ");
      response.end("two");
    });
    await using objects = await openS3Objects({ url });
    expect(Buffer.from((await objects.get("a"))!).toString()).toBe("one two");
  });

  test("refuses an object above the limit before it reads it", async () => {
    const url = await serveObjects((_, response) => {
      response.writeHead(200, { "content-length": String(OBJECT_BYTES_MAX + 1) });
      response.write("the first bytes");
    });
    await using objects = await openS3Objects({ url });
    await expect(objects.get("a")).rejects.toThrow(/1073741825 bytes; at most 1073741824 are accepted/);
  });

  test("lists keys as they are written, and only those that are keys", async () => {
    const names = ["007", "1e5", "a%20b", "%D0%BA", "a/", "x"];
    const entries = names.map((name) => `<Contents><Key>${name}</Key><Size>1</Size></Contents>`).join("");
    const url = await serve((_, response) =>
      response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${entries}</ListBucketResult>`),
    );
    await using objects = await openS3Objects({ url });
    expect((await objects.list({ prefix: "", limit: 10 })).map((o) => o.key)).toEqual(["007", "1e5", "x"]);
  });

  test("fills a page from as many answers as it takes, and no more", async () => {
    const url = await serve((request, response) => {
      const parameters = new URL(request.url!, "http://localhost").searchParams;
      const begin = Number(parameters.get("continuation-token") ?? 0);
      const key = `<Contents><Key>${begin % 2 === 0 ? `k${begin}` : "%20"}</Key><Size>1</Size></Contents>`;
      response.end(
        `<ListBucketResult>${key}<NextContinuationToken>${begin + 1}</NextContinuationToken><IsTruncated>true</IsTruncated></ListBucketResult>`,
      );
    });
    await using objects = await openS3Objects({ url });
    requests.length = 0;
    expect((await objects.list({ prefix: "", limit: 3 })).map((o) => o.key)).toEqual(["k0", "k2", "k4"]);
    expect(requests.length).toBe(5);
  });

  test("deletes a thousand a request, and tells of one that was refused", async () => {
    let answer = "<DeleteResult></DeleteResult>";
    const url = await serveObjects((_, response) => response.end(answer));
    await using objects = await openS3Objects({ url });
    requests.length = 0;
    await objects.delete(Array.from({ length: 2_001 }, (_, i) => `k${i}`));
    expect(requests).toEqual(["POST /bucket", "POST /bucket", "POST /bucket"]);
    answer = `<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>`;
    await expect(objects.delete(["k"])).rejects.toThrow(/some were refused: .*AccessDenied/);
  });

  test("above the number that may be under way is refused at once", async () => {
    const waiting: (() => void)[] = [];
    const url = await serveObjects((_, response) => waiting.push(() => response.end("x")));
    await using objects = await openS3Objects({ url });
    const calls = Array.from({ length: 1_000 }, () => objects.get("a"));
    await expect(objects.get("b")).rejects.toThrow(/get b: 1000 calls are under way/);
    const answered = Promise.all(calls);
    const timer = setInterval(() => {
      for (const answer of waiting.splice(0)) answer();
    }, 1);
    expect((await answered).length).toBe(1_000);
    clearInterval(timer);
  });
});
