import { isIPv4, isIPv6 } from "node:net";

/**
 * By what strangers are counted: an IPv4 address, or the first 64 bits of an IPv6 one, since a single host has
 * all addresses of such a network.
 *
 * @param address as `socket.remoteAddress` writes it.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(?<v4>[\d.]+)$/i.exec(address)?.groups?.["v4"];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const [plain = ""] = address.split("%");
  return isIPv6(plain) ? network(plain) : address;
}

function network(address: string): string {
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const left = tail === undefined ? groups : [...groups, ...Array<string>(8).fill("0")];
  return `${left
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
