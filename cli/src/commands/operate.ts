/** `thewatcher doctor | config | token | sign-in-link`: for whoever runs it. */

import { Role } from "@thewatcher/contracts/identity";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, settingsOf, wholeNumber, withSettings } from "../command.ts";
import { table } from "../console.ts";
import { findRunning } from "../data-folder.ts";
import { SETTING_NAMES, variableOf, withoutPassword } from "../settings.ts";
import { STORE_SETTINGS } from "./data.ts";

export function addOperate(program: Command): void {
  withSettings(program.command("doctor"), STORE_SETTINGS)
    .description("What each store is, whether it answers, and what to do where it doesn't")
    .option("--json", "answer as JSON")
    .action(async (options: { json?: true }, command: Command) => {
      const { values } = settingsOf(command);
      const running = findRunning(values.dataDir);
      const stores = await operate(command, "doctor", {});
      const healthy = stores.every((store) => store.reachable);
      if (!healthy) process.exitCode = 1;
      if (options.json) return printJson({ dataDir: values.dataDir, running: running?.url ?? null, healthy, stores });
      print(
        `Node ${process.version} · data in ${values.dataDir} · ${running ? `running at ${running.url} (process ${running.pid})` : "not running; opened for this look"}\n`,
      );
      print(
        table(
          ["", "store", "what it is", "ms", "setting"],
          stores.map((store) => [
            store.reachable ? "✔" : "✘",
            store.store,
            store.detail,
            store.latencyMs,
            `${store.setting}=${store.url}`,
          ]),
        ),
      );
      for (const store of stores) if (store.advice) print(`\n${store.store}: ${store.advice}`);
    });

  withSettings(program.command("config"), SETTING_NAMES)
    .description("Each setting with its value and where it comes from")
    .option("--json", "answer as JSON")
    .action((options: { json?: true }, command: Command) => {
      const { values, origins } = settingsOf(command);
      const rows = SETTING_NAMES.map((name) => ({
        name,
        value: withoutPassword(String(values[name])),
        origin: origins[name],
        variable: variableOf(name),
      }));
      if (options.json) return printJson(rows);
      print(
        table(
          ["setting", "value", "origin", "variable"],
          rows.map((row) => [row.name, row.value, row.origin, row.variable]),
        ),
      );
    });

  withSettings(program.command("token"), STORE_SETTINGS)
    .description("Make a token for a machine; it is shown once")
    .requiredOption("--role <role>", "service, analyst, product, editor or operator")
    .option("--label <text>", "what it is for", "made on the command line")
    .option("--days <n>", "how long it is good", "365")
    .option("--json", "answer as JSON")
    .action(async (options: { role: string; label: string; days: string; json?: true }, command: Command) => {
      const role = Role.exclude(["viewer"]).safeParse(options.role);
      if (!role.success)
        throw new UserError(
          `--role ${JSON.stringify(options.role)}: service, analyst, product, editor or operator is accepted`,
        );
      const answer = await operate(command, "token", {
        role: role.data,
        label: options.label,
        days: wholeNumber(options.days, "--days", 1, 3_650),
      });
      if (options.json) return printJson(answer);
      print(answer.token);
      process.stderr.write(
        `Role ${answer.role}, good until ${answer.expiresAt.slice(0, 10)}. Send it as \`Authorization: Bearer <token>\`; it is not kept and not shown again.\n`,
      );
    });

  withSettings(program.command("sign-in-link <profile>"), STORE_SETTINGS)
    .description("A link that opens the app as this profile, once, within ten minutes")
    .action(async (profile: string, _options: object, command: Command) => {
      const { values } = settingsOf(command);
      const running = findRunning(values.dataDir);
      const { path } = await operate(command, "signInLink", { profile });
      print(`${running?.url ?? `http://${values.host}:${values.port}`}${path}`);
      if (!running) process.stderr.write("The cinema is not running: `npx thewatcher start` first.\n");
    });
}
