// Adds to package-lock.json the optional packages of other platforms that `npm install` left out (it leaves out what the
// registry at hand does not carry), so that `npm ci` takes the file everywhere. They are named by their parents with an
// exact version; what their names say of system and processor is what npm needs to pass them by.
// Run behind every `npm install` that changed the lock.
import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));
const systems = {
  win32: "win32",
  windows: "win32",
  darwin: "darwin",
  linux: "linux",
  freebsd: "freebsd",
  android: "android",
  openbsd: "openbsd",
  netbsd: "netbsd",
  sunos: "sunos",
  aix: "aix",
  openharmony: "openharmony",
  wasi: "wasi",
  wasm32: "wasi",
};
const processors = ["arm64", "x64", "ia32", "arm", "ppc64", "s390x", "riscv64", "loong64", "mips64el", "wasm32"];

const added = [];
for (const [parentPath, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const nested = `${parentPath}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[hoisted]) continue;
    const words = name.split(/[/-]/);
    const os = words.map((word) => systems[word]).find((word) => word !== undefined);
    const cpu =
      processors.find((word) => words.includes(word)) ??
      (words.includes("ppc64le") ? "ppc64" : words.includes("armv7") ? "arm" : undefined);
    if (os === undefined && cpu === undefined) {
      throw new Error(`${name}: neither a system nor a processor in the name; is it optional for another reason?`);
    }
    const libc = words.some((word) => word.startsWith("musl"))
      ? "musl"
      : words.some((word) => word.startsWith("gnu"))
        ? "glibc"
        : undefined;
    lock.packages[hoisted] = {
      version: version.replace(/^[\^~]/, ""),
      ...(cpu === undefined ? {} : { cpu: [cpu] }),
      ...(parent.dev ? { dev: true } : {}),
      ...(libc === undefined ? {} : { libc: [libc] }),
      optional: true,
      ...(os === undefined ? {} : { os: [os] }),
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? "package-lock.json is complete" : `package-lock.json: added ${added.join(", ")}`);
