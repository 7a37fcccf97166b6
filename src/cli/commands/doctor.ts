import type { Command } from "commander";
import { doctorFlags } from "../flags/doctor.js";
import { addGroups } from "../options/add-options.js";

/** `embtune doctor`: declares the options. `all`: with those that few need in its help. */
export function declareDoctor(command: Command, all: boolean): void {
  addGroups(command, doctorFlags, all).action(async (_, self: Command) => {
    const { runDoctor } = await import("../actions/doctor.js");
    await runDoctor(self);
  });
}
