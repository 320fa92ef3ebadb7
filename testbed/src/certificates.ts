/** An authority of one test and a certificate for the loopback address, made by openssl in the test's folder. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

export interface Certificates {
  /** What a client has to trust: `?ca=<caFile>`. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Key and certificate in one file, as Kafka reads it. */
  readonly keyStoreFile: string;
}

const DAYS = "2";

export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", DAYS];
  const authority = ["-keyout", at("ca.key"), "-out", at("ca.crt"), "-subj", "/CN=thewatcher testbed authority"];
  await runCommand("openssl", ["req", "-x509", ...key, ...authority]);
  const names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-addext", "basicConstraints=CA:FALSE"];
  const signed = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-subj", "/CN=localhost", ...names];
  await runCommand("openssl", [
    "req",
    "-x509",
    ...key,
    ...signed,
    "-keyout",
    at("server.key"),
    "-out",
    at("server.crt"),
  ]);
  const pair = (await Promise.all([readFile(at("server.key"), "utf8"), readFile(at("server.crt"), "utf8")])).join("");
  await writeFile(at("server.pem"), pair, { mode: 0o600 });
  return {
    caFile: at("ca.crt"),
    certFile: at("server.crt"),
    keyFile: at("server.key"),
    keyStoreFile: at("server.pem"),
  };
}
