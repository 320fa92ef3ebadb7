/** A server for the tests of the testbed itself: `--port=…` to listen on, 200 to every request, `/end` ends it; `--fail` ends at once. */
import { createServer } from "node:http";

const port = Number(process.argv.find((argument) => argument.startsWith("--port="))?.slice("--port=".length));
if (process.argv.includes("--fail")) {
  process.stderr.write("no licence for today\n");
  process.exit(3);
}
createServer((request, response) => {
  if (request.url === "/end") {
    process.stderr.write("enough of it\n");
    process.exit(7);
  }
  response.end("here");
}).listen(port, "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
