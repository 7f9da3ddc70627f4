import type { CliError, RefusalLine } from "../cli-error.ts";
import { EXIT, type ExitKind } from "../exit-codes.ts";
import { type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";

const HEADLINES: Readonly<Record<ExitKind, string>> = {
  ok: "done",
  refused: "refused",
  usage: "wrong use",
  unreachable: "not reached",
  identity: "not allowed",
  internal: "defect",
};

/** Writes a failure: for people in sentences, for programs as one JSON document on one line. */
export function writeError(screen: Screen, error: CliError, isJson: boolean): void {
  if (isJson) screen.json({ error: errorDocument(error) }, "line");
  else writeForPeople(screen, error);
}

/** The failure as a program reads it. Members that do not apply are absent. */
export function errorDocument(error: CliError): Record<string, unknown> {
  const { cause: _, metadata, fields, refusals, refusalTotal, ...parts } = error.parts;
  return {
    kind: error.kind,
    exitCode: EXIT[error.kind],
    message: error.message,
    ...parts,
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
    ...(fields !== undefined && fields.length > 0 && { fields }),
    ...(refusals !== undefined && refusals.length > 0 && { refusals, refusalTotal }),
  };
}

function writeForPeople(screen: Screen, error: CliError): void {
  const {
    reason,
    code,
    meaning,
    remedy,
    metadata,
    fields = [],
    refusals = [],
    refusalTotal = 0,
  } = error.parts;
  const isTyped = reason !== undefined && (error.kind === "refused" || error.kind === "identity");
  const typed = isTyped ? ` ${reason}${code === undefined ? "" : ` (${code})`}` : "";
  screen.line`${styled("red", `${HEADLINES[error.kind]}:`)}${styled("bold", typed)} ${error.message}`;
  for (const { field, description } of fields) screen.line`  ${field}: ${description}`;
  if (refusals.length > 0) writeRefusals(screen, error, refusalTotal);
  if (meaning !== undefined) writeMeaning(screen, meaning);
  for (const [key, value] of Object.entries(metadata ?? {})) screen.line`  ${key}: ${value}`;
  if (remedy !== undefined) screen.line`  ${styled("bold", "What to do:")} ${remedy}`;
}

/** A defect's meaning is a stack, line by line; every other is one sentence. */
function writeMeaning(screen: Screen, meaning: string): void {
  for (const line of meaning.split("\n")) screen.line`  ${line}`;
}

/** One reason is the message itself, and lacks only its place. */
function writeRefusals(screen: Screen, { parts: { refusals = [] } }: CliError, total: number): void {
  const [only] = refusals;
  if (only !== undefined && total <= 1) {
    if (only.fileName !== "") screen.line`  file: ${only.fileName}`;
    if (only.claim !== "") screen.line`  claim: ${only.claim}`;
    return;
  }
  screen.line`  Every reason, the deciding one first:`;
  writeTable(screen, REFUSAL_COLUMNS, refusals, "    ");
  if (total > refusals.length) screen.line`    and ${total - refusals.length} more`;
}

const REFUSAL_COLUMNS: ReadonlyArray<Column<RefusalLine>> = [
  { title: "FILE", cell: ({ fileName }) => fileName },
  { title: "REASON", cell: ({ reason }) => reason },
  { title: "CLAIM", cell: ({ claim }) => claim },
  { title: "WHAT IS WRONG", cell: ({ message }) => message },
];
