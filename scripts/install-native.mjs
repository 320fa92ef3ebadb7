// `npm run install:native`: adds a prebuilt matrix product to what `npm ci` installs, and says what it brings here.
//
// onnxruntime-node carries its binaries inside its npm package, so its install script (which downloads GPU builds) is
// denied. It is not saved: the lockfile stays that of a clone without it, and another `npm ci` takes it away again.
// @tensorflow/tfjs-node is not offered: its binaries are a download at install time, outside the package registry.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ONNX = "onnxruntime-node@1.30.0";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const npm = process.env.npm_execpath;
const flags = ["install", ONNX, "--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
const [command, args] = npm ? [process.execPath, [npm, ...flags]] : ["npm", flags];
const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
if (error || status !== 0) {
  console.error(
    `install:native: ${ONNX} could not be installed${error ? ` (${error.message})` : ""}; the kernels work without it`,
  );
  process.exit(1);
}
console.log("install:native: @tensorflow/tfjs-node is left out: its binaries are no part of its package");

const built = join(root, "engine", "dist", "kernels", "numerics.js");
if (existsSync(built)) {
  const { openNumerics } = await import(pathToFileURL(built).href);
  const { note, library } = await openNumerics({ monotonicMs: () => performance.now() });
  console.log(`install:native: ${note}`);
  await library?.close();
}
