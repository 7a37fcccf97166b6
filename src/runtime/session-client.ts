import type { Channel } from "./channel.js";
import { once } from "./once.js";
import { type OpenedSession, packArray, packTensors } from "./protocol.js";
import type { Session, SessionOptions } from "./types.js";

/** A session in the worker behind the channel. */
export async function createSession(
  channel: Channel,
  model: Uint8Array | { path: string },
  options: SessionOptions = {},
): Promise<Session> {
  const content = model instanceof Uint8Array ? packArray(model, options) : model.path;
  const buffers = content instanceof Uint8Array ? [content.buffer as ArrayBuffer] : [];
  return openedSession(
    channel,
    await channel.call("createSession", { model: content, options }, buffers),
  );
}

/** The session that the worker opened. */
export function openedSession(channel: Channel, opened: OpenedSession): Session {
  const { session, inputs, outputs } = opened;
  return {
    inputs,
    outputs,
    run: (feeds, names, feedOptions) => {
      const packed = packTensors(feeds, feedOptions);
      return channel.call("run", { session, feeds: packed.value, outputs: names }, packed.buffers);
    },
    release: once(async () => {
      // A runtime that was closed has freed it already.
      if (!channel.isClosed) await channel.call("releaseSession", session);
    }),
  };
}
