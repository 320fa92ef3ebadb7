// `npm run check`: types, lint and format, dead code, import arrows. All of them run, so that one run shows everything.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

function bin(name, command = name) {
  const manifestPath = join(root, "node_modules", name, "package.json");
  const { bin: bins } = require(manifestPath);
  return join(dirname(manifestPath), typeof bins === "string" ? bins : bins[command]);
}

const checks = [
  ["types", [bin("typescript", "tsc"), "-b"]],
  ["lint and format", [bin("@biomejs/biome", "biome"), "ci", "."]],
  ["dead code", [bin("knip"), "--no-progress"]],
  ["import arrows and tidiness", [bin("vitest"), "run", "scripts/", "--reporter=dot"]],
];
const failed = [];
for (const [name, args] of checks) {
  const startedMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  console.log(
    `check: ${name}: ${status === 0 ? "ok" : "FAILED"} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`,
  );
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`check: failed: ${failed.join(", ")}`);
  process.exit(1);
}
