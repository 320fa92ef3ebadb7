#!/usr/bin/env node
// Committed, so that npm can link the command before anything is built.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  console.error("thewatcher: not built yet; run `npm run build` in the repository (npm ci does it too)");
  process.exitCode = 1;
}
