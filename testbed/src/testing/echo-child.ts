/** A server for the tests of the testbed itself: `--port=…` to listen on, 200 to every request; `--fail` ends at once. */
import { createServer } from "node:http";

const port = Number(process.argv.find((argument) => argument.startsWith("--port="))?.slice("--port=".length));
if (process.argv.includes("--fail")) {
  process.stderr.write("no licence for today\n");
  process.exit(3);
}
createServer((_request, response) => response.end("here")).listen(port, "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
