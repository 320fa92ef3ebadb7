/**
 * The built web app out of a folder. The folder is read once, when the site is made, and only what was found in it then
 * is ever answered, by exact path: a path that climbs out of it is not in the list. Files under `/assets/` carry the
 * hash of their content in their names and are kept by browsers for ever; everything else is asked for again. The
 * start page is made anew for each answer, which has a nonce of its own: it is 1 KB, and never compressed.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import { FILE_HEADERS, newNonce, pageHeaders, withNonce } from "./security-headers.ts";

export type StaticSite = (request: Request, path: string) => Response | undefined;

/** All of it lies in memory: the app is ~1 MB with its compressed copies. */
const SITE_BYTES_MAX = 64 * 1_048_576;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};
/** In the order of preference. */
const ENCODINGS = [
  { name: "br", extension: ".br" },
  { name: "gzip", extension: ".gz" },
] as const;

const INDEX = "/index.html";
/** A nonce is good for one answer: nobody keeps the page. */
const PAGE_CACHING = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  readonly hash: string;
  readonly encoded: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Throws UserError when there is no built app at `root`. */
export function createStaticSite(root: string): StaticSite {
  const files = readSite(root);
  const index = files.get(INDEX);
  if (!index) throw new UserError(`No web app at ${root}: index.html is missing. Build it with: npm run build`);
  const html = new TextDecoder().decode(index.bytes);
  const page = () => {
    const nonce = newNonce();
    return new Response(withNonce(html, nonce), { headers: { ...pageHeaders(nonce), ...PAGE_CACHING } });
  };
  return (request, path) => {
    if (path === "/" || path === INDEX) return page();
    const file = files.get(path);
    if (file) return answer(request, file);
    // A page of the app is a path without an extension; a missing file is missing.
    return extname(path) === "" ? page() : undefined;
  };
}

function answer(request: Request, file: StaticFile): Response {
  const accepted = request.headers.get("accept-encoding") ?? "";
  const encoding = ENCODINGS.find(({ name }) => file.encoded.has(name) && accepts(accepted, name))?.name;
  const headers = new Headers(file.headers);
  // Two encodings of a file are two things to a cache.
  const etag = encoding ? `"${file.hash}-${encoding}"` : `"${file.hash}"`;
  headers.set("etag", etag);
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  if (encoding) headers.set("content-encoding", encoding);
  return new Response((encoding && file.encoded.get(encoding)) ?? file.bytes, { headers });
}

/** `gzip;q=0` means: not gzip. */
function accepts(header: string, encoding: string): boolean {
  return header.split(",").some((part) => {
    const [name, ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

function readSite(root: string): Map<string, StaticFile> {
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  let bytes = 0;
  const walk = (folder: string) => {
    // Links are neither files nor folders here: they are left out.
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      if (!entry.isFile()) continue;
      const content = new Uint8Array(readFileSync(path));
      bytes += content.byteLength;
      if (bytes > SITE_BYTES_MAX)
        throw new UserError(`The web app at ${root} holds more than ${SITE_BYTES_MAX} bytes.`);
      contents.set(`/${relative(root, path).split(sep).join("/")}`, content);
    }
  };
  try {
    walk(root);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  }
  const files = new Map<string, StaticFile>();
  for (const [path, content] of contents) {
    const encoded = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const { name, extension } of ENCODINGS) {
      const copy = contents.get(path + extension);
      if (copy) encoded.set(name, copy);
    }
    files.set(path, {
      bytes: content,
      encoded,
      hash: createHash("sha256").update(content).digest("base64url").slice(0, 22),
      headers: {
        ...FILE_HEADERS,
        "content-type": CONTENT_TYPES[extname(path)] ?? "application/octet-stream",
        "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        ...(encoded.size > 0 ? { vary: "accept-encoding" } : {}),
      },
    });
  }
  return files;
}
