import type { Encoder } from "../../encoder/encoder.js";
import { loadEncoder } from "../../encoder/load.js";
import { modelFolderOf } from "../../export/checkpoint-model.js";
import { openRuntime, type Runtime } from "../../runtime/runtime.js";
import type { DistillContext } from "./context.js";

/** The teacher and the runtime that holds it. */
export interface OpenTeacher {
  readonly teacher: Encoder;
  readonly runtime: Runtime;
}

/** A teacher that is loaded when it is first asked for, and stays so until it is put away. */
interface LazyTeacher {
  readonly open: () => Promise<OpenTeacher>;
  readonly close: () => Promise<void>;
}

/** Loads nothing yet. UserErrors of `loadEncoder` when it is opened. */
export function lazyTeacher(context: DistillContext): LazyTeacher {
  let opened: Promise<OpenTeacher> | undefined;
  return {
    open: () => {
      opened ??= openTeacher(context);
      return opened;
    },
    close: async () => {
      const one = await opened?.catch(() => undefined);
      opened = undefined;
      await one?.runtime.close();
    },
  };
}

async function openTeacher({ options }: DistillContext): Promise<OpenTeacher> {
  const { teacher: name, threads, allowDownload } = options;
  const runtime = await openRuntime({ threads });
  try {
    const model = await modelFolderOf(name, runtime);
    return { teacher: await loadEncoder({ model, allowDownload, runtime }), runtime };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
