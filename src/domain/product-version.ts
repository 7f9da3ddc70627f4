/** A version of the product, "E0730P06": release and patch, in order (US-FE-2). */
export interface ProductVersion {
  readonly release: number;
  /** 0: the release itself. */
  readonly patch: number;
}

const FORM = /^E(?<release>\d{4})(?:P(?<patch>\d{2}))?$/;

/** Reads a version; `undefined`: there is none, or it has another form, so that it is not known. */
export function parseProductVersion(text: string | undefined): ProductVersion | undefined {
  const groups = FORM.exec(text ?? "")?.groups;
  return groups && { release: Number(groups["release"]), patch: Number(groups["patch"] ?? 0) };
}

/** Whether a version is `from` or later, and earlier than `before`. */
export function isInVersions(
  version: ProductVersion,
  { from, before }: { readonly from: string; readonly before: string | undefined },
): boolean {
  return (
    !isEarlier(version, parseProductVersion(from)) &&
    (before === undefined || isEarlier(version, parseProductVersion(before)))
  );
}

function isEarlier(a: ProductVersion, b: ProductVersion | undefined): boolean {
  return b !== undefined && (a.release < b.release || (a.release === b.release && a.patch < b.patch));
}
