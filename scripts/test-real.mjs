// `npm run test:real [-- <path or flag of vitest…>]`: installs the real servers that are missing, then runs the suites that
// need them. A whole run is held against scripts/required-real-suites.txt; paths run those alone. `--report <file>` (for
// .ci/run) leaves the comparison to the caller.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const services = join(root, "testbed", "dist", "main.js");
const given = process.argv.slice(2);
const reportAt = given.indexOf("--report");
const [, givenReport] = reportAt === -1 ? [] : given.splice(reportAt, 2);

const node = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;

if (!existsSync(services)) {
  console.error("test:real: not built yet; run `npm run build` (npm ci does it too)");
  process.exit(1);
}
if (node(services, "install") !== 0) {
  console.error("test:real: some servers can't be had here; their suites are left out, which fails on Debian 12");
}

const manifestPath = createRequire(import.meta.url).resolve("vitest/package.json");
const vitest = join(dirname(manifestPath), "vitest.mjs");
const folder = mkdtempSync(join(tmpdir(), "thewatcher-real-"));
try {
  const report = givenReport ?? join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const status = node(vitest, "run", "--config", "vitest.real.config.ts", ...reporters, ...given);
  const isWhole = given.length === 0 && givenReport === undefined;
  const judged = isWhole ? node(join(root, "scripts", "required-suites.mjs"), "--real", report) : 0;
  process.exitCode = status || judged;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
