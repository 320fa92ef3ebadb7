// Sets up the peers that benchmarks stand beside, from PyPI, in a folder outside the repository:
//
//   node bench/peers/setup.mjs [folder]      (default: thewatcher-peers in the temporary folder)
//
// Then `npm run bench -- kernels` finds them there, or takes `--python <folder>/bin/python`.
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PACKAGES = ["numpy", "scipy", "implicit"];

const folder = resolve(process.argv[2] ?? join(tmpdir(), "thewatcher-peers"));
const python = join(folder, "bin", "python");

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error || status !== 0) {
    console.error(`peers: ${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
    process.exit(1);
  }
}

run("python3", ["-m", "venv", folder]);
run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", ...PACKAGES]);
run(python, [
  "-c",
  `import ${PACKAGES.join(", ")}; print(${PACKAGES.map((name) => `"${name}", ${name}.__version__`).join(", ")})`,
]);
console.log(`peers: --python ${python}`);
