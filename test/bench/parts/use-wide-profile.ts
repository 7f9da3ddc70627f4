/** Loaded ahead of a server (`node --import`): whoever asks for the loader of profiles gets `wide-profile.ts`. */
import { registerHooks } from "node:module";

const ORIGINAL = new URL("../../../src/profiles/load-profile.ts", import.meta.url).href;
const WIDE = new URL("wide-profile.ts", import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    return resolved.url === ORIGINAL && context.parentURL !== WIDE ? { ...resolved, url: WIDE } : resolved;
  },
});
