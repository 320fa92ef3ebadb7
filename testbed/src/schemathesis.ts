/**
 * Schemathesis, which makes requests out of an OpenAPI document: everything that its schemas allow, and what they forbid.
 * A Python program, not a server: installed beside them, run once by a test.
 *
 * Its packages lie in a folder of their own (`pip install --target`), not in a virtual environment, which would know its
 * own path: installations here are moved to their place when they are whole.
 */
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { type InstallContext, installedFolder, installOnce, requireInstalled } from "./cache.ts";
import { findProgram, installDebian, isDebian12 } from "./packages.ts";
import { runCommand } from "./run-command.ts";

const SCHEMATHESIS_VERSION = "4.32.5";
const RELEASE = `schemathesis-${SCHEMATHESIS_VERSION}`;

export function schemathesisMissing(): string | undefined {
  if (installedFolder(RELEASE) !== undefined) return findProgram("python3") ? undefined : "needs Python 3.10 or newer";
  if (findProgram("python3") || isDebian12()) return `${RELEASE} is not installed`;
  return "needs Python 3.10 or newer with pip";
}

export async function installSchemathesis(context: InstallContext): Promise<void> {
  await installOnce(RELEASE, context, async (folder) => {
    const isThere = () => findProgram("python3") !== undefined && findProgram("pip3") !== undefined;
    if (!isThere()) await installDebian(context, ["python3", "python3-pip"], isThere);
    const python = findProgram("python3") ?? "python3";
    const options = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--target", folder];
    await runCommand(python, ["-m", "pip", "install", ...options, `schemathesis==${SCHEMATHESIS_VERSION}`]);
  });
}

export interface SchemathesisRun {
  readonly exitCode: number;
  /** What it says to people. */
  readonly output: string;
}

/** Runs `schemathesis` with these arguments, for `msMax` at the longest. */
export function runSchemathesis(args: readonly string[], options: { readonly cwd: string; readonly msMax: number }) {
  const folder = requireInstalled(RELEASE);
  const python = findProgram("python3") ?? "python3";
  const path = [folder, process.env.PYTHONPATH ?? ""].filter((part) => part !== "").join(delimiter);
  return new Promise<SchemathesisRun>((resolve, reject) => {
    const child = spawn(python, ["-c", "from schemathesis.cli import schemathesis; schemathesis()", ...args], {
      cwd: options.cwd,
      env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1", COLUMNS: "160" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: options.msMax,
      killSignal: "SIGKILL",
    });
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("error", reject);
    child.on("close", (code) => resolve({ exitCode: code ?? -1, output }));
  });
}
