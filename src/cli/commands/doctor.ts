import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune doctor`: declares the options. `all`: with those that few need in its help. */
export function doctorCommand(all: boolean): Command {
  const command = new Command("doctor").description(
    "what this machine, this installation and a model can do, and what to do about it",
  );
  return addGroups(command, commandFlags.doctor, all).action(async (_, self: Command) => {
    const { runDoctor } = await import("../actions/doctor.js");
    await runDoctor(self);
  });
}
