/**
 * S3Proxy out of Maven's jars: S3 over a folder. The second server of that protocol, so that the adapter is written to S3
 * and not to MinIO; it needs no build.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstallContext, installedFolder, installOnce, requireInstalled } from "./cache.ts";
import { copyJars, installJava, javaMissing, requireJava } from "./packages.ts";
import { httpStatus } from "./probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export const S3PROXY_VERSION = "2.6.0";
const RELEASE = `s3proxy-${S3PROXY_VERSION}`;
const JAVA_MIN = 17;
/** It logs each selector's wake-up where nothing says otherwise. */
const LOG_CONFIGURATION = `<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>[%d] %p %m%n</pattern></encoder></appender>
  <root level="warn"><appender-ref ref="console"/></root>
</configuration>
`;

export interface S3Options extends StartOptions {
  /** Default: `thewatcher` and `secret-secret` (S3 wants eight characters at least). */
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** Part of the URL; whoever opens it makes it. Default: `thewatcher`. */
  readonly bucket?: string;
}

export const s3Login = ({
  accessKey = "thewatcher",
  secretKey = "secret-secret",
  bucket = "thewatcher",
}: S3Options) => ({
  accessKey,
  secretKey,
  url: (port: number) =>
    `s3://${encodeURIComponent(accessKey)}:${encodeURIComponent(secretKey)}@127.0.0.1:${port}/${bucket}`,
});

export const s3proxyMissing = (): string | undefined =>
  installedFolder(RELEASE) === undefined ? `${RELEASE} is not installed` : javaMissing(JAVA_MIN);

export async function installS3proxy(context: InstallContext): Promise<void> {
  if (s3proxyMissing() === undefined) return;
  await installJava(context, JAVA_MIN);
  await installOnce(RELEASE, context, async (folder) => {
    await copyJars(folder, [`org.gaul:s3proxy:${S3PROXY_VERSION}`]);
    await writeFile(join(folder, "logback.xml"), LOG_CONFIGURATION);
  });
}

export async function startS3proxy(options: S3Options): Promise<RunningServer> {
  const { folder } = options;
  const login = s3Login(options);
  const home = requireInstalled(RELEASE);
  const port = options.port ?? (await freePort());
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const file = join(folder, "s3proxy.conf");
  const properties = {
    "s3proxy.endpoint": `http://127.0.0.1:${port}`,
    "s3proxy.authorization": "aws-v2-or-v4",
    "s3proxy.identity": login.accessKey,
    "s3proxy.credential": login.secretKey,
    "jclouds.provider": "filesystem-nio2",
    "jclouds.filesystem.basedir": data,
    "jclouds.identity": "unused",
    "jclouds.credential": "unused",
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return await startServer({
    name: "s3proxy",
    url: login.url(port),
    port,
    folder,
    outlives: options.outlives,
    command: requireJava(JAVA_MIN),
    args: [
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      `-Dlogback.configurationFile=${join(home, "logback.xml")}`,
      "-cp",
      join(home, "lib", "*"),
      "org.gaul.s3proxy.Main",
      "--properties",
      file,
    ],
    // Without a login it refuses: it is there.
    isReady: async () => (await httpStatus(`http://127.0.0.1:${port}/`)) === 403,
  });
}
