/**
 * `thewatcher start`: the whole cinema in this process, with a demo world where the folder holds none; or, with --roles,
 * a part of it beside other processes.
 */

import type { RunningServer } from "@thewatcher/kit/http";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { bearsSecret, createAdmin } from "../admin.ts";
import { createStderrConsole, interruption, settingsOf, withSettings } from "../command.ts";
import { type Console, thousands } from "../console.ts";
import { findRunning } from "../data-folder.ts";
import { createDemoWorld, loadDemoWorld } from "../demo-world.ts";
import { listenOn, requireFree, SHUTDOWN_GRACE_MS } from "../listeners.ts";
import { type OpenedCinema, openCinema, VERSION } from "../open-cinema.ts";
import { OPERATION_NAMES } from "../operations.ts";
import { parseRoles, ROLE_NAMES } from "../roles/table.ts";
import { SETTING_NAMES } from "../settings.ts";
import { evaluationLine } from "../show.ts";
import { startRoles } from "./start-roles.ts";

export function addStart(program: Command): void {
  withSettings(program.command("start"), SETTING_NAMES)
    .description("Run the whole cinema in this process, or some roles of it over servers")
    .option("--roles <list>", `${ROLE_NAMES.join(", ")}, separated by commas (see docs/distributed.md)`)
    .option("--world <world>", "what a new data folder holds: demo (synthetic viewers, real films) or empty", "demo")
    .action(async (options: { world: string; roles?: string }, command: Command) => {
      const { world } = options;
      if (options.roles !== undefined) {
        if (command.getOptionValueSource("world") === "cli")
          throw new UserError(
            "--world goes with the cinema of one process; with --roles, `thewatcher import` fills the stores",
          );
        return startRoles(settingsOf(command), parseRoles(options.roles));
      }
      if (world !== "demo" && world !== "empty")
        throw new UserError(`--world ${JSON.stringify(world)}: demo or empty is accepted`);
      await start(command, world, command.getOptionValueSource("world") === "cli");
    });
}

async function start(command: Command, world: "demo" | "empty", asked: boolean): Promise<void> {
  const { values: settings } = settingsOf(command);
  const console = createStderrConsole();
  const running = findRunning(settings.dataDir);
  if (running)
    throw new UserError(`it runs already: ${running.url} (process ${running.pid}, data in ${settings.dataDir})`);
  // Before the stores open and the demo is made, which takes a while; the listeners that stay come last.
  await requireFree(settings.host, settings.port, "port");
  await requireFree(settings.adminHost, settings.adminPort, "adminPort");
  console.line(`TheWatcher ${VERSION}: data in ${settings.dataDir}`);
  const signal = interruption();
  await using opened = await openCinema(settings, { report: console.progress, worldWhenNew: world, archives: true });
  const { cinema, folder } = opened;
  if (asked && folder.world && folder.world.world !== world) {
    throw new UserError(
      `--world ${world}: this folder holds the ${folder.world.world} world; leave the flag out, or give another folder with --data-dir`,
    );
  }
  const stores = await cinema.examine();
  console.done("stores opened", stores.map(({ detail }) => detail.split(/ \(| in \/| \//)[0]).join(" · "));
  if (cinema.world() === "demo") await prepareDemo(opened, console, signal);

  const servers: RunningServer[] = [];
  const gateway = await listenOn(cinema.admit(cinema.api("gateway"), "anybody"), settings.host, settings.port, "port");
  servers.push(gateway);
  try {
    await cinema.opened(gateway.url);
    let secret = "";
    const admin = await listenOn(
      createAdmin({
        cinema,
        operations: OPERATION_NAMES,
        mayOperate: (authorization) => bearsSecret(authorization, secret),
        log: cinema.log,
        stopping: signal,
      }).fetch,
      settings.adminHost,
      settings.adminPort,
      "adminPort",
    );
    servers.push(admin);
    secret = folder.publishAttach({ adminUrl: admin.url, url: gateway.url }).secret;
    console.line("");
    console.line(`  Open          ${gateway.url}`);
    console.line(`  API           ${gateway.url}/api/openapi.json`);
    console.line(`  Health        ${admin.url}/readyz   Metrics ${admin.url}/metrics`);
    if ((await cinema.stores.recommendations.active()) === undefined) {
      console.line("  Nothing is published yet: import data, then `npx thewatcher train`.");
    }
    console.line("  Stop with Ctrl+C.");
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    console.line("Stopping: requests under way end, what was accepted is written.");
  } finally {
    await Promise.all(servers.map((server) => server.close(SHUTDOWN_GRACE_MS)));
  }
}

async function prepareDemo({ cinema, folder }: OpenedCinema, console: Console, signal: AbortSignal): Promise<void> {
  const world = folder.world;
  if (world && !world.ready) {
    const summary = await loadDemoWorld(createDemoWorld({ seed: world.seed, worldNow: world.madeAt }), {
      stores: cinema.stores,
      clock: cinema.clock,
      report: console.progress,
    });
    console.progress({ stage: "demo world: into the warehouse" });
    await Promise.all([cinema.sink.caughtUp(signal), cinema.profileStates.caughtUp(signal)]);
    await cinema.refresh();
    folder.setWorld({ ...world, ready: true });
    console.done(
      "demo world loaded",
      `${thousands(summary.titles)} titles, ${thousands(summary.accounts)} accounts, ${thousands(summary.profiles)} profiles, ${thousands(summary.events)} events`,
    );
  }
  if ((await cinema.stores.recommendations.active()) !== undefined) return;
  const trained = await cinema.trainer.train({
    model: "ease",
    parameters: {},
    seed: cinema.settings.seed,
    evaluate: true,
    progress: console.progress,
    signal,
  });
  await cinema.refresh();
  const msOf = (isPublishing: boolean): number =>
    trained.stages
      .filter(({ stage }) => (stage === "publish") === isPublishing)
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
  console.done("model trained", trained.evaluation ? evaluationLine(trained.evaluation) : trained.model, msOf(false));
  console.done("lists published", `${thousands(trained.lists)} lists, generation ${trained.generation}`, msOf(true));
}
