/**
 * Elasticsearch out of Maven's jars, with a launcher and an analysis plugin of our own (testbed/elasticsearch): the real
 * node, minus modules that are not published. Missing, so that nobody looks for it: `GET /` (so `client.info()`), painless,
 * reindex, delete-by-query, search_as_you_type, security (no login, no TLS).
 */
import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type InstallContext, installedFolder, installOnce, requireInstalled } from "./cache.ts";
import { copyJars, installJava, javaMissing, requireJava } from "./packages.ts";
import { httpStatus } from "./probes.ts";
import { runCommand } from "./run-command.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export const ELASTICSEARCH_VERSION = "9.5.3";
/** The last number is that of our own sources: raised when they change. */
const RELEASE = `elasticsearch-${ELASTICSEARCH_VERSION}-1`;
const JAVA_MIN = 21;
/** 365 MB resident with this. */
const HEAP = "512m";
const SOURCES = fileURLToPath(new URL("../elasticsearch/", import.meta.url));

export const elasticsearchMissing = (): string | undefined =>
  javaMissing(JAVA_MIN) ?? (installedFolder(RELEASE) === undefined ? `${RELEASE} is not installed` : undefined);

export async function installElasticsearch(context: InstallContext): Promise<void> {
  if (elasticsearchMissing() === undefined) return;
  const { home } = await installJava(context, JAVA_MIN, true);
  await installOnce(RELEASE, context, async (folder) => {
    await copyJars(folder, [
      `org.elasticsearch:elasticsearch:${ELASTICSEARCH_VERSION}`,
      `org.elasticsearch.plugin:transport-netty4:${ELASTICSEARCH_VERSION}`,
    ]);
    const at = (...names: string[]) => join(folder, ...names);
    for (const name of ["modules/transport-netty4", "modules/standard-analysis", "classes/node", "classes/analysis"]) {
      await mkdir(at(name), { recursive: true });
    }
    // A class both on the class path and in a module is refused.
    for (const jar of await readdir(at("lib"))) {
      if (/^(netty|transport-netty4)-/.test(jar)) await rename(at("lib", jar), at("modules/transport-netty4", jar));
    }
    const compile = (to: string, source: string) =>
      runCommand(join(home, "bin", "javac"), [
        ...["--release", String(JAVA_MIN), "-nowarn", "-proc:none", "-cp", at("lib", "*"), "-d", at(to)],
        join(SOURCES, source),
      ]);
    await compile("classes/node", "StandaloneNode.java");
    await compile("classes/analysis", "StandardAnalysisPlugin.java");
    const jar = at("modules/standard-analysis/standard-analysis.jar");
    await runCommand(join(home, "bin", "jar"), ["cf", jar, "-C", at("classes/analysis"), "."]);
  });
}

export async function startElasticsearch(options: StartOptions): Promise<RunningServer> {
  const { folder } = options;
  const home = requireInstalled(RELEASE);
  const port = options.port ?? (await freePort());
  await mkdir(join(folder, "config"), { recursive: true });
  // The node writes descriptions of its modules beside them.
  await cp(join(home, "modules"), join(folder, "modules"), { recursive: true, force: true });
  const url = `http://127.0.0.1:${port}`;
  return await startServer({
    name: "elasticsearch",
    url,
    port,
    folder,
    outlives: options.outlives,
    command: requireJava(JAVA_MIN),
    args: [
      `-Xms${HEAP}`,
      `-Xmx${HEAP}`,
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "--enable-native-access=ALL-UNNAMED",
      "-cp",
      [join(home, "classes/node"), join(home, "lib", "*")].join(":"),
      "ru.thewatcher.testbed.StandaloneNode",
      folder,
      String(port),
    ],
    // Yellow: every index has its primary, which is all that one node can give.
    isReady: async () => (await httpStatus(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`)) === 200,
  });
}
