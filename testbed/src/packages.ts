/**
 * What registries carry: Debian packages, jars by Maven, programs by Go. Through their ordinary clients, which know where
 * the registries are; nothing here names a host. Each check is synchronous and cheap; each installation is idempotent.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { type InstallContext, installOnce } from "./cache.ts";
import { runCommand } from "./run-command.ts";

/** Debian puts servers in /usr/sbin, which is not on everybody's PATH; Go's own place is not on Debian's. */
const MORE_PATHS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/go/bin"];
/** Another installation may hold dpkg's lock: minutes, on a new machine. */
const DPKG_LOCK_SECONDS_MAX = 600;

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...MORE_PATHS].filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

export function isDebian12(): boolean {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    return /^ID="?debian"?$/m.test(text) && /^VERSION_ID="?12"?$/m.test(text);
  } catch {
    return false;
  }
}

const isRoot = () => process.getuid?.() === 0;

/** Why a Debian package can't be installed here by this user; `undefined` when it can. */
function aptMissing(packages: readonly string[]): string | undefined {
  const wanted = packages.join(" ");
  if (!isDebian12() || !findProgram("apt-get")) return `needs ${wanted}: install it with this system's package manager`;
  if (isRoot() || findProgram("sudo")) return undefined;
  return `needs \`apt-get install ${wanted}\`, which user ${userInfo().username} may not run`;
}

let aptTurn: Promise<unknown> = Promise.resolve();

/** Installs Debian packages where `isThere` says that they are missing; as root, or by sudo without a password. */
export function installDebian(context: InstallContext, packages: readonly string[], isThere: () => boolean) {
  const turn = aptTurn.then(() => installDebianNow(context, packages, isThere));
  aptTurn = turn.catch(() => {});
  return turn;
}

async function installDebianNow(
  context: InstallContext,
  packages: readonly string[],
  isThere: () => boolean,
): Promise<void> {
  if (isThere()) return;
  const refusal = aptMissing(packages);
  if (refusal !== undefined) throw new Error(refusal);
  // RUNLEVEL=1 keeps the packages' scripts from starting their services: the servers here are started by us.
  const environment = ["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"];
  const apt = (...args: string[]) => {
    const command = ["env", ...environment, "apt-get", "-o", `DPkg::Lock::Timeout=${DPKG_LOCK_SECONDS_MAX}`, ...args];
    return isRoot() ? runCommand("env", command.slice(1)) : runCommand("sudo", ["-n", ...command]);
  };
  const install = () => apt("install", "-y", "-q", "--no-install-recommends", ...packages);
  context.say(`${packages.join(" ")}: installing`);
  try {
    await install();
  } catch {
    // A fresh machine has no lists, an old one lists what is gone.
    await apt("update", "-q");
    await install();
  }
  if (!isThere()) throw new Error(`${packages.join(" ")}: installed, and still not found`);
  context.say(`${packages.join(" ")}: installed`);
}

export interface Java {
  readonly home: string;
  readonly major: number;
}

/** Every Java that can be found, newest first. */
export function findJavas(): Java[] {
  const homes = new Set<string>();
  if (process.env.JAVA_HOME) homes.add(process.env.JAVA_HOME);
  const onPath = findProgram("java");
  if (onPath !== undefined) homes.add(dirname(dirname(realpathSync(onPath))));
  for (const folder of ["/usr/lib/jvm", "/opt"]) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) homes.add(join(folder, name));
  }
  const javas: Java[] = [];
  for (const home of homes) {
    if (!existsSync(join(home, "bin", "java")) || !existsSync(join(home, "release"))) continue;
    const version = /^JAVA_VERSION="(?:1\.)?(\d+)/m.exec(readFileSync(join(home, "release"), "utf8"))?.[1];
    if (version !== undefined) javas.push({ home, major: Number(version) });
  }
  return javas.sort((a, b) => b.major - a.major);
}

/** The oldest that is new enough: what the server was tried with. */
export function findJava(majorMin: number, withCompiler = false): Java | undefined {
  return findJavas()
    .filter(({ home, major }) => major >= majorMin && (!withCompiler || existsSync(join(home, "bin", "javac"))))
    .at(-1);
}

/** Its `java`. */
export function requireJava(majorMin: number): string {
  const java = findJava(majorMin);
  if (java === undefined) throw new Error(javaMissing(majorMin));
  return join(java.home, "bin", "java");
}

export const javaMissing = (majorMin: number): string | undefined =>
  findJava(majorMin) ? undefined : `needs Java ${majorMin} or newer (JAVA_HOME, PATH, /usr/lib/jvm/*)`;

/** Java and Maven out of Debian, whose Java is 17; a newer one has to be there already. */
export async function installJava(context: InstallContext, majorMin: number, withCompiler = false): Promise<Java> {
  const debianMajor = 17;
  const isThere = () => findJava(majorMin, withCompiler) !== undefined && findProgram("mvn") !== undefined;
  if (!isThere()) {
    if (majorMin > debianMajor && !findJava(majorMin, withCompiler)) {
      throw new Error(`needs a JDK of ${majorMin} or newer in JAVA_HOME, on PATH or in /usr/lib/jvm; Debian 12 has 17`);
    }
    await installDebian(context, ["openjdk-17-jdk-headless", "maven"], isThere);
  }
  return findJava(majorMin, withCompiler) as Java;
}

/** `groupId:artifactId:version` and all they depend on, as jars in `folder`. */
export async function copyJars(folder: string, artifacts: readonly string[]): Promise<void> {
  const dependencies = artifacts.map((artifact) => {
    const [groupId, artifactId, version] = artifact.split(":");
    return `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`;
  });
  const pom = join(folder, "pom.xml");
  await writeFile(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>ru.thewatcher</groupId><artifactId>testbed</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependencies.join("\n")}
</dependencies></project>
`,
  );
  const mvn = findProgram("mvn") ?? "mvn";
  await runCommand(mvn, ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${folder}/lib`]);
}

/** A program that `go install` builds; its path. */
export async function installGoProgram(
  context: InstallContext,
  options: { readonly release: string; readonly module: string; readonly program: string },
): Promise<string> {
  const folder = await installOnce(options.release, context, async (building) => {
    const go = findProgram("go");
    if (go === undefined) throw new Error("needs Go on PATH or in /usr/local/go/bin, to be built");
    await runCommand(go, ["install", options.module], { env: { ...process.env, GOBIN: building } });
  });
  return join(folder, options.program);
}
