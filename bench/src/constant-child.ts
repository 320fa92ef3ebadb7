/** The server of the cinema (`kit/http`) with nothing behind it: one body of a given size, always. */
import { listen } from "@thewatcher/kit/http";

const bodyBytes = Number(process.argv[2]);
const body = `{"constant":"${"x".repeat(Math.max(0, bodyBytes - '{"constant":""}'.length))}"}`;
const headers = { "content-type": "application/json", "cache-control": "no-store" };

const server = await listen({ fetch: () => new Response(body, { headers }) }, { hostname: "127.0.0.1", port: 0 });
process.on("disconnect", () => process.exit(0));
process.send?.({ url: server.url });
