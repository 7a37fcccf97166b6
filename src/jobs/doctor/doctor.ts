import { openRuntime } from "../../runtime/runtime.js";
import { type Check, checked } from "./check.js";
import { machineChecks } from "./machine-checks.js";
import { modelChecks } from "./model-checks.js";
import { bundledChecks, gradientCheck, rateCheck } from "./self-test.js";

interface DoctorOptions {
  /** A model to look at too. */
  readonly model?: string | undefined;
  /** Where runs would be written. Default: the present folder. */
  readonly folder?: string | undefined;
  readonly threads?: number | undefined;
}

const INSTALL = "install again with: npm install --ignore-scripts embtune";

/** Looks at this machine, the installation and, where one is given, a model. Never throws for what it finds. */
export async function doctor(options: DoctorOptions = {}): Promise<Check[]> {
  const { model, folder = ".", threads } = options;
  const machine = await machineLines(folder);
  let runtime: Awaited<ReturnType<typeof openRuntime>>;
  try {
    runtime = await openRuntime(threads === undefined ? {} : { threads });
  } catch (error) {
    const native = checked("onnx runtime", INSTALL, () => {
      throw error;
    });
    return [...machine, await native];
  }
  try {
    const gradient = await checked("a gradient", INSTALL, () => gradientCheck(runtime));
    const bundled = await bundledLines(() => bundledChecks(runtime));
    const rate = await checked("matrix products", INSTALL, () => rateCheck(runtime));
    const own = model === undefined ? [] : await modelChecks(model, runtime);
    return [...machine, gradient, ...bundled, rate, ...own];
  } finally {
    await runtime.close();
  }
}

async function machineLines(folder: string): Promise<readonly Check[]> {
  return bundledLines(async () => machineChecks(folder), "the machine");
}

/** Several lines, or one bad one. */
async function bundledLines(
  look: () => Promise<readonly Check[]>,
  name = "the bundled model",
): Promise<readonly Check[]> {
  let lines: readonly Check[] = [];
  const failed = await checked(name, INSTALL, async () => {
    lines = await look();
    return { name, status: "good", found: "" };
  });
  return failed.status === "good" ? lines : [failed];
}
