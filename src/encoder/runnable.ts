import { UserError } from "../errors/user-error.js";
import type { Device } from "../runtime/device.js";

/** What is run, and where. */
interface RunPlace {
  readonly file: string;
  readonly device: Device;
}

/** What ONNX Runtime has against a model or a device, as the user's error: `bad-onnx`, `no-device`. */
export async function runnable<T>({ file, device }: RunPlace, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { message } = cause as Error;
    if (device === "cpu")
      throw new UserError("bad-onnx", `onnx runtime cannot run it: ${message}`, {
        at: { file },
        hint: "export the encoder again, with opset 14 or 17",
        cause,
      });
    throw new UserError("no-device", `onnx runtime cannot run it on ${device}: ${message}`, {
      at: { file },
      hint: `leave out --device, or install what ONNX Runtime needs for ${device} (docs/scale.md)`,
      cause,
    });
  }
}
