/**
 * Compiles engine/kernels/assembly with AssemblyScript, once for plain SIMD and once for relaxed SIMD, and embeds both
 * in engine/src/kernels/wasm.generated.ts (base64, ~30 kB together): no file to find at run time, neither from source,
 * nor from dist, nor inside a worker. Skipped when sources, flags and compiler are those of the file that is there.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const sourceFolder = new URL("./kernels/assembly/", import.meta.url);
const target = fileURLToPath(new URL("./src/kernels/wasm.generated.ts", import.meta.url));
const flags = [
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--use",
  "abort=",
  // Up to 4 GiB, shared by the threads of the pool.
  "--initialMemory",
  "1",
  "--maximumMemory",
  "65535",
  "--sharedMemory",
  "--enable",
  "threads",
  "--enable",
  "simd",
];
const builds = { simd: flags, relaxedSimd: [...flags, "--enable", "relaxed-simd"] };

const compilerVersion = createRequire(import.meta.url)("assemblyscript/package.json").version;
const names = readdirSync(sourceFolder).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
const sources = new Map(names.sort().map((name) => [name, readFileSync(new URL(name, sourceFolder), "utf8")]));
const hash = createHash("sha256")
  .update(JSON.stringify([compilerVersion, builds, [...sources]]))
  .digest("hex");
const header = `// From engine/kernels/assembly by engine/build-kernels.mjs; sources ${hash}\n`;

if (!existsSync(target) || !readFileSync(target, "utf8").startsWith(header)) {
  const { default: asc } = await import("assemblyscript/asc");
  let text = header;
  for (const [name, options] of Object.entries(builds)) {
    let wasm;
    const { error, stderr } = await asc.main(["index.ts", "--outFile", "out.wasm", ...options], {
      readFile: (path) => sources.get(path) ?? null,
      writeFile: (path, content) => {
        if (path === "out.wasm") wasm = content;
      },
      listFiles: () => [],
    });
    if (error || !wasm) {
      process.stderr.write(`${stderr.toString()}${error?.message ?? "the compiler wrote nothing"}\n`);
      process.exit(1);
    }
    text += `export const ${name}Base64 =\n  "${Buffer.from(wasm).toString("base64")}";\n`;
  }
  // Written beside and renamed: two builds at once never leave half a file.
  writeFileSync(`${target}.${process.pid}`, text);
  renameSync(`${target}.${process.pid}`, target);
}
