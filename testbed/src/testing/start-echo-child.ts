/** Starts a server and stays: for the test that a killed program leaves no server. */
import { startEcho } from "./echo.ts";

const server = await startEcho({ folder: process.argv[2] ?? "" });
process.stdout.write(`${server.pid()}\n`);
setInterval(() => {}, 60_000);
