import type { NativeEmitter, NativeUsb } from "./native-usb.ts";

/**
 * Calls back when the device manager of the host tells of a device, after it has set the rights on the device's
 * file. A host without one, or that lets this process not listen, tells nothing.
 *
 * @returns ends the watch; until then the process stays alive.
 */
export function watchHost(load: () => Promise<NativeUsb>, onChange: () => void): () => void {
  let isWanted = true;
  const tell = () => {
    if (isWanted) onChange();
  };
  const listening = begin(load, tell).catch(() => undefined);
  return () => {
    isWanted = false;
    void listening.then(end).catch(() => undefined);
  };
}

async function begin(load: () => Promise<NativeUsb>, tell: () => void): Promise<NativeEmitter> {
  const { Emitter } = await load();
  const emitter = new Emitter();
  await emitter.addAttach(tell);
  await emitter.addDetach(tell);
  return emitter;
}

async function end(emitter: NativeEmitter | undefined): Promise<void> {
  await emitter?.removeAttach();
  await emitter?.removeDetach();
}
