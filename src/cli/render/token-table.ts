import { type Token, TokenRole } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatWithDistance } from "../output/time.ts";

/** Writes tokens as a table; distances in time count from `from`. Nothing when there are none. */
export function writeTokens(screen: Screen, tokens: readonly Token[], from: Date): void {
  if (tokens.length === 0) return;
  const columns: ReadonlyArray<Column<Token>> = [
    { title: "NAME", cell: ({ name }) => styled("bold", name) },
    { title: "ROLE", cell: ({ role }) => showRole(role) },
    { title: "STATUS", cell: showStatus },
    { title: "CREATED (UTC)", cell: ({ createTime }) => createTime && formatInstant(createTime) },
    { title: "EXPIRES (UTC)", cell: ({ expireTime }) => formatWithDistance(expireTime, from, "never") },
    { title: "ID", cell: ({ id }) => id },
  ];
  writeTable(screen, columns, tokens);
}

/** The role as a person types it. */
export function showRole(role: TokenRole): string {
  return nameOf(TokenRole, role).toLowerCase();
}

function showStatus({ expired }: Token): Inline {
  return expired ? styled("red", "EXPIRED") : styled("green", "VALID");
}
