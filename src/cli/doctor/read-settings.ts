import { hostname } from "node:os";
import { type Config, type Environment, loadConfig } from "../../config.ts";
import type { Profile } from "../../domain/profile.ts";
import { StartupError } from "../../errors.ts";
import { openProfile } from "../../profiles/open-profile.ts";
import { SETTINGS } from "../../settings.ts";
import { tlsPathsOf } from "../../tls/tls-settings.ts";
import { type Finding, fail, ok } from "./check.ts";

/** What the command line adds to the environment of the server. */
export interface ServerFlags {
  /** As the server's own flag. */
  readonly development?: boolean;
  /** --data-dir, which beats LICENSE_DATA_DIR. */
  readonly dataDir?: string | undefined;
}

/**
 * The settings that the server would start with, read as it reads them.
 *
 * @throws StartupError "settings".
 */
export function readServerConfig(env: Environment, { development, dataDir }: ServerFlags): Config {
  const argv = [
    ...(development === true ? ["--development"] : []),
    ...(dataDir === undefined ? [] : ["--data-dir", dataDir]),
  ];
  const machine = { hostName: hostname(), isTerminal: false, workingDirectory: process.cwd() };
  const command = loadConfig(env, argv, machine);
  if (command.kind !== "run") throw new StartupError("settings", "These flags start no server.");
  return command.config;
}

/** The settings of a server, and what is wrong with them. */
export interface ExaminedSettings {
  readonly finding: Finding;
  /** Read without the settings that are wrong, so that the other checks can go on. */
  readonly config: Config;
  /** Name of the product profile that the server would run; `undefined`: it cannot be told. */
  readonly profileName: string | undefined;
  /** The product has USB keys, or it cannot be told. */
  readonly hasUsbKeys: boolean;
}

/** Examines the settings of the environment: every wrong one is named, not only the first. */
export function examineSettings(env: Environment, flags: ServerFlags): ExaminedSettings {
  const ours = Object.entries(env).filter(([name, value]) => isOurs(name) && value);
  const problems: string[] = [];
  const usable = ours.filter(([name, value]) => {
    const problem = problemOf(() => readServerConfig({ [name]: value }, {}));
    if (problem !== undefined) problems.push(problem);
    return problem === undefined;
  });
  const config = readServerConfig(Object.fromEntries(usable), flags);
  const combined = problemOf(() => tlsPathsOf(config));
  if (combined !== undefined) problems.push(combined);
  let profile: Profile | undefined;
  const ofProfile = problemOf(() => {
    profile = openProfile(config).profile;
  });
  if (ofProfile !== undefined) problems.push(ofProfile);
  const examined = { config, profileName: profile?.name, hasUsbKeys: profile?.usbKeys ?? true };
  if (problems.length === 0) return { ...examined, finding: ok(summaryOf(ours.map(([name]) => name))) };
  const remedy = "The server does not start with them; license-service --help lists what there is.";
  return { ...examined, finding: fail(problems.join(" "), remedy) };
}

function isOurs(name: string): boolean {
  return name.startsWith("LICENSE_") || name === SETTINGS.databaseUrl.variable;
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof StartupError) return error.message;
    throw error;
  }
}

function summaryOf(names: readonly string[]): string {
  return names.length === 0 ? "none is set; the defaults hold" : `set: ${[...names].sort().join(", ")}`;
}
