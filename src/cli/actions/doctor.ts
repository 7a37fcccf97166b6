import type { Command } from "commander";
import { doctor } from "../../jobs/doctor/doctor.js";
import { commonOptions } from "../../options/common-options.js";
import { doctorFlags } from "../flags/doctor.js";
import { flagsOf } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune doctor` does; exit code 1 where something will fail. */
export async function runDoctor(command: Command): Promise<void> {
  const flags = flagsOf(command, { ...doctorFlags.Model, ...commonOptions });
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const checks = await doctor({ model: flags.model, threads: flags.threads });
  if (checks.some(({ status }) => status === "bad")) process.exitCode = 1;
  if (terminal.json) {
    terminal.result(JSON.stringify(checks, null, 2));
    return;
  }
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const { name, status, found, advice } of checks) {
    terminal.result(`${status.padEnd(5)} ${name.padEnd(width)}  ${found}`);
    if (advice !== undefined) terminal.result(`${" ".repeat(width + 8)}${advice}`);
  }
}
