import { EXIT_CODES } from "./errors.ts";
import { SETTINGS } from "./settings.ts";

/** The text of `--help`, made from the table of settings. */
export function helpText(): string {
  const settings = Object.values(SETTINGS).map((setting) =>
    [
      `  ${setting.variable}${setting.flag === undefined ? "" : `, --${setting.flag}`} <${setting.unit}>`,
      `      ${setting.meaning}`,
      `      Default: ${setting.defaultText}.`,
    ].join("\n"),
  );
  const codes = Object.entries(EXIT_CODES).map(([name, code]) => `${code} ${name}`);
  return `Usage: license-service [--development] [flags]

The license service: knows what the platform may do, and tells its other services.

  --development  Development mode: believes a test vendor that it makes in the data directory, and
                 serves reflection. Never for real licenses.
  --help         Print this and end.
  --version      Print the version and end.

Settings, from the environment or by flag; a flag beats the environment:

${settings.join("\n")}

Exit codes: 0 stopped as asked, 130 or 143 stopped at once by a second signal,
${codes.join(", ")}.
`;
}
