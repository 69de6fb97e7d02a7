import ipaddr from "ipaddr.js";

/** Public by number, but a machine's own cloud answers there: Azure's platform channel. */
const platformAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
const globalUnicast6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * True for an address that any host of the public internet could be reached under: global unicast by the IANA special-purpose
 * registries (RFC 6890). NAT64 (RFC 6052) counts as the IPv4 address inside it; IPv4-mapped, 6to4 and Teredo addresses never do, because
 * their way out cannot be known.
 */
export function isGlobalAddress(text: string): boolean {
  // A zone ("fe80::1%eth0") belongs to one link.
  if (!ipaddr.isValid(text) || text.includes("%")) return false;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) {
    return address.range() === "unicast" && !platformAddresses.has(address.toString());
  }
  if (address.match(nat64)) {
    const [a = 0, b = 0] = address.parts.slice(6);
    return isGlobalAddress([a >> 8, a & 255, b >> 8, b & 255].join("."));
  }
  return address.range() === "unicast" && address.match(globalUnicast6);
}
