import { Command } from "commander";
import { withCommonOptions } from "../parse.js";

/** `embtune doctor`: declares the options. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .description("what this machine, this installation and a model can do, and what to do about it")
    .option("--model <model>", "also look at a model folder, run folder or hub id");
  return withCommonOptions(command).action(async (_, self: Command) => {
    const { runDoctor } = await import("../actions/doctor.js");
    await runDoctor(self);
  });
}
