// Builds what has to be built: the kernels (AssemblyScript → WASM), the packages (tsc -b), the viewer's app (Vite).
// Run by `npm ci` through `prepare`. Each step skips what is up to date.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** The executable of a package, run by this Node: no shell, no PATH. */
function bin(name, command = name) {
  const manifestPath = join(root, "node_modules", name, "package.json");
  const { bin: bins } = require(manifestPath);
  return join(dirname(manifestPath), typeof bins === "string" ? bins : bins[command]);
}

if (!existsSync(join(root, "node_modules", "typescript"))) {
  // Installed without development dependencies: what is shipped is built already.
  if (existsSync(join(root, "cli", "dist", "main.js"))) process.exit(0);
  console.error("build: the development dependencies are missing; run `npm ci` (without --omit=dev) once");
  process.exit(1);
}

const steps = [
  ["kernels", [join(root, "engine", "build-kernels.mjs")], root],
  ["packages", [bin("typescript", "tsc"), "-b"], root],
  ["viewer's app", [bin("vite"), "build", "--logLevel", "warn"], join(root, "web")],
];
for (const [name, args, cwd] of steps) {
  const startedMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: "inherit" });
  if (status !== 0) {
    console.error(`build: ${name} failed`);
    process.exit(1);
  }
  console.log(`build: ${name} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}
