/**
 * MinIO, built by Go from the last version before its repository was closed: the S3 server that most have. The build takes
 * 3 minutes on two idle cores and 8 on busy ones, and is kept.
 */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type InstallContext, installedFolder, requireInstalled } from "./cache.ts";
import type { Certificates } from "./certificates.ts";
import { installGoProgram } from "./packages.ts";
import { ask, httpStatus } from "./probes.ts";
import { type S3Options, s3Login } from "./s3proxy.ts";
import { freePort, type RunningServer, startServer } from "./server.ts";

const VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c";
const RELEASE = "minio-20260212";

export const minioMissing = (): string | undefined =>
  installedFolder(RELEASE) === undefined ? `${RELEASE} is not installed` : undefined;

export const installMinio = (context: InstallContext): Promise<string> =>
  installGoProgram(context, { release: RELEASE, module: `github.com/minio/minio@${VERSION}`, program: "minio" });

export interface MinioOptions extends S3Options {
  /** The URL then says `?tls=true&ca=…`. */
  readonly tls?: Certificates;
}

export async function startMinio(options: MinioOptions): Promise<RunningServer> {
  const { folder, tls } = options;
  const login = s3Login(options);
  const home = requireInstalled(RELEASE);
  const port = options.port ?? (await freePort());
  const consolePort = await freePort();
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  const certificates = join(folder, "certificates");
  await mkdir(certificates, { recursive: true });
  if (tls) {
    await copyFile(tls.certFile, join(certificates, "public.crt"));
    await copyFile(tls.keyFile, join(certificates, "private.key"));
  }
  const addresses = ["--address", `127.0.0.1:${port}`, "--console-address", `127.0.0.1:${consolePort}`];
  const health = "/minio/health/ready";
  return await startServer({
    name: "minio",
    url: login.url(port) + (tls ? `?tls=true&ca=${encodeURIComponent(tls.caFile)}` : ""),
    port,
    folder,
    outlives: options.outlives,
    command: join(home, "minio"),
    args: ["server", data, ...addresses, "--certs-dir", certificates],
    env: {
      ...process.env,
      MINIO_ROOT_USER: login.accessKey,
      MINIO_ROOT_PASSWORD: login.secretKey,
      MINIO_BROWSER: "off",
    },
    isReady: async () =>
      tls
        ? (await ask(port, `GET ${health} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, true)).includes(
            " 200 ",
          )
        : (await httpStatus(`http://127.0.0.1:${port}${health}`)) === 200,
  });
}
