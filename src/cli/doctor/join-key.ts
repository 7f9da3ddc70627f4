import {
  installPlatformKey,
  PLATFORM_KEY_FILE,
  type PlatformKey,
  readPlatformKey,
  readPlatformKeyFile,
} from "../../platform/platform-key.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { type Check, type Finding, fail, failureOf, ok, skip } from "./check.ts";
import { COPY_KEY } from "./platform.ts";

/** The platform key that a node will start with, or why there is none. */
export interface FoundKey {
  readonly finding: Finding;
  readonly key?: PlatformKey;
  /** It is not in the data directory yet. */
  readonly isNew?: boolean;
}

/** Finds the key: the one in the data directory, or the one that `keyFile` brings, if these do not contradict. */
export async function findKey(
  dataDirectory: string | undefined,
  keyFile: string | undefined,
): Promise<FoundKey> {
  if (dataDirectory === undefined)
    return { finding: skip("not looked at: the data directory cannot be used") };
  try {
    const there = await readPlatformKey(dataDirectory);
    if (keyFile === undefined) return there === undefined ? noKey(dataDirectory) : keyInPlace(there);
    const given = await readPlatformKeyFile(keyFile);
    if (given === undefined) return { finding: fail(`There is no file ${shownPath(keyFile)}.`, COPY_KEY) };
    if (there === undefined)
      return {
        key: given,
        isNew: true,
        finding: ok(`${shownPath(keyFile)} is a platform key, closed to others`),
      };
    return there.thumbprint === given.thumbprint ? keyInPlace(there) : otherKeyInPlace(dataDirectory);
  } catch (error) {
    return { finding: failureOf(error) };
  }
}

function keyInPlace(key: PlatformKey): FoundKey {
  return { key, finding: ok(`${PLATFORM_KEY_FILE} is in the data directory, closed to others`) };
}

function noKey(dataDirectory: string): FoundKey {
  return { finding: fail(`There is no ${PLATFORM_KEY_FILE} in ${shownPath(dataDirectory)}.`, COPY_KEY) };
}

function otherKeyInPlace(dataDirectory: string): FoundKey {
  return {
    finding: fail(
      `${shownPath(dataDirectory)} holds another ${PLATFORM_KEY_FILE}, which is never replaced.`,
      "If that key is of no use any more, move it away; if it is a platform's, use an empty data directory.",
    ),
  };
}

/** The last step: puts the key into the data directory. */
export function installKey(keyFile: string, dataDirectory: string): Check {
  const look = async () => {
    await installPlatformKey(keyFile, dataDirectory);
    return ok(
      `installed in ${shownPath(dataDirectory)}, mode 0600; keep no further copy of ${shownPath(keyFile)} here`,
    );
  };
  return { name: "key file", look };
}
