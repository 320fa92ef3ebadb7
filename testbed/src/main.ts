/** `npm run services -- up|down|status|install [name…]`: the real servers for a person, and for what a test run installs. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { defaultContext } from "./cache.ts";
import { installSchemathesis } from "./schemathesis.ts";
import { SERVER_NAMES, SERVERS, type ServerName } from "./servers.ts";
import { createServices, type Service, type ServiceState, settingsOf, stateFolder } from "./services.ts";

const MISTAKE = 2;
const VERBS = ["up", "down", "status", "install"] as const;
type Verb = (typeof VERBS)[number];

const HELP = `Usage: npm run services -- up|down|status|install [name…] [options]

  up        installs what is missing, starts what does not run, prints the settings that choose them
  down      stops them by process id; their data and ports are kept
  status    says which run, answer, are missing and why
  install   only installs

Names: ${SERVER_NAMES.join(" ")} (default: all)

  --folder <dir>  state and data (default: ${stateFolder()})
  --json          one JSON document on standard output

Settings alone go to standard output: eval "$(npm run -s services -- up redis kafka)"`;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parsed(args);
  const [verb, ...names] = positionals;
  if (values.help || (verb === undefined && args.length === 0)) return undefined;
  if (!VERBS.includes(verb as Verb)) {
    throw new UserError(`${verb ?? "no command"}: accepted are ${VERBS.join(", ")} (--help says more)`);
  }
  for (const name of names) {
    if (!SERVER_NAMES.includes(name as ServerName)) {
      throw new UserError(`${name}: no such server; accepted are ${SERVER_NAMES.join(", ")}`);
    }
  }
  return {
    verb: verb as Verb,
    names: names.length === 0 ? SERVER_NAMES : (names as ServerName[]),
    folder: resolve(values.folder ?? stateFolder()),
    isJson: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        folder: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}

function describe(state: ServiceState): string {
  switch (state.kind) {
    case "started":
      return `started   pid ${state.pid}, ready in ${(state.readyMs / 1000).toFixed(1)} s`;
    case "ready":
      return `ready     pid ${state.pid}`;
    case "not-ready":
      return `not ready pid ${state.pid} runs and does not answer`;
    case "installed":
    case "stopped":
      return state.kind;
    case "missing":
      return `missing   ${state.reason}`;
    case "failed":
      return `failed    ${state.reason}`;
  }
}

const isBad = (verb: Verb, { state: { kind } }: Service) =>
  kind === "failed" || (kind === "missing" && verb === "install");

async function main(args: readonly string[]): Promise<void> {
  const read = readArguments(args);
  if (read === undefined) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const { verb, names, folder, isJson } = read;
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      // Only a server that was begun has to be put on record; an installation is begun anew the next time.
      if (interruption.signal.aborted || verb !== "up") process.exit(130);
      say("  … stopping behind what is under way; once more stops at once");
      interruption.abort(new UserError(`stopped by ${name}`));
    });
  }
  const context = defaultContext((line) => say(`  … ${line}`));
  const services = createServices({
    folder,
    context,
    clock: systemClock,
    signal: interruption.signal,
  });
  const answer = await services[verb](names);
  // No server, but a program that a suite needs: it comes with all of them.
  if (verb === "install" && names.length === SERVER_NAMES.length) {
    await installSchemathesis(context).catch((error: Error) => {
      say(`schemathesis: ${error.message}`);
      process.exitCode = 1;
    });
  }
  const settings = settingsOf(answer);
  if (isJson) {
    const document = {
      folder,
      services: answer.map(({ name, state }) => ({ name, version: SERVERS[name].version, ...state })),
      settings: Object.fromEntries(
        settings.filter(({ isRemark }) => !isRemark).map(({ setting, url }) => [setting, url]),
      ),
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    for (const { name, state } of answer) {
      say(`${name.padEnd(14)}${describe(state)}  (${SERVERS[name].version})`);
    }
    for (const { name, setting, url, isRemark } of settings) {
      process.stdout.write(isRemark ? `# ${name}: ${setting}='${url}'\n` : `export ${setting}='${url}'\n`);
    }
  }
  if (answer.some((service) => isBad(verb, service))) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isMistake = error instanceof UserError;
  process.stderr.write(`services: ${isMistake ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = isMistake ? MISTAKE : 1;
}
