/**
 * MinIO, built by Go from the last version before its repository was closed: the S3 server that most have. The build takes
 * 3 minutes on two idle cores and 8 on busy ones, and is kept.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type InstallContext, installedFolder, requireInstalled } from "./cache.ts";
import { installGoProgram } from "./packages.ts";
import { httpStatus } from "./probes.ts";
import { type S3Options, s3Login } from "./s3proxy.ts";
import { freePort, type RunningServer, startServer } from "./server.ts";

const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const RELEASE = "minio-20260212";

export const minioMissing = (): string | undefined =>
  installedFolder(RELEASE) === undefined ? `${RELEASE} is not installed` : undefined;

export const installMinio = (context: InstallContext): Promise<string> =>
  installGoProgram(context, { release: RELEASE, module: `github.com/minio/minio@${VERSION}`, program: "minio" });

export async function startMinio(options: S3Options): Promise<RunningServer> {
  const { folder } = options;
  const login = s3Login(options);
  const home = requireInstalled(RELEASE);
  const port = options.port ?? (await freePort());
  const consolePort = await freePort();
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  return await startServer({
    name: "minio",
    url: login.url(port),
    port,
    folder,
    outlives: options.outlives,
    command: join(home, "minio"),
    args: ["server", data, "--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${consolePort}`],
    env: {
      ...process.env,
      MINIO_ROOT_USER: login.accessKey,
      MINIO_ROOT_PASSWORD: login.secretKey,
      MINIO_BROWSER: "off",
    },
    isReady: async () => (await httpStatus(`http://127.0.0.1:${port}/minio/health/ready`)) === 200,
  });
}
