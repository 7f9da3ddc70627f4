/**
 * Name of an enum value as the contract writes it, without prefix. A value that this program does not
 * know, from a newer server, is shown by its number.
 */
export function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(values).find((name) => values[name] === value) ?? `#${value}`;
}

/** Value of an enum by its name in any case; `undefined`: there is none, or it is the unspecified one. */
export function valueNamed<Value extends number>(
  values: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined {
  const value = values[name.toUpperCase().replaceAll("-", "_")];
  return value === 0 ? undefined : value;
}

/** Names of an enum for help texts: lower case, without the unspecified one. */
export function choicesOf(values: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(values)
    .filter((name) => values[name] !== 0)
    .map((name) => name.toLowerCase());
}
