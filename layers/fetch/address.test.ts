import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGlobalAddress } from "./address.ts";

describe("isGlobalAddress", () => {
  it.each([
    ["8.8.8.8"],
    ["93.184.216.34"],
    ["100.63.255.255"],
    ["100.128.0.1"],
    ["172.15.255.255"],
    ["172.32.0.1"],
    ["2606:4700:4700::1111"],
    ["64:ff9b::808:808"],
  ])("takes %s", (address) => {
    expect(isGlobalAddress(address)).toBe(true);
  });

  it.each([
    ["0.0.0.0", "this host"],
    ["0.1.2.3", "this network"],
    ["10.0.0.1", "private"],
    ["100.64.0.1", "carrier-grade NAT"],
    ["100.100.100.200", "a metadata service in it"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["168.63.129.16", "a cloud's platform channel"],
    ["169.254.169.254", "metadata service"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.0.0.192", "protocol assignments"],
    ["192.0.2.1", "documentation"],
    ["192.168.1.1", "private"],
    ["198.18.0.1", "benchmarking"],
    ["224.0.0.1", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::7f00:1", "IPv4-compatible loopback"],
    ["::ffff:127.0.0.1", "IPv4-mapped loopback"],
    ["::ffff:8.8.8.8", "IPv4-mapped"],
    ["64:ff9b::a9fe:a9fe", "NAT64 of the metadata service"],
    ["64:ff9b:1::808:808", "NAT64 of a local network"],
    ["2002:a9fe:a9fe::1", "6to4"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"],
    ["2001:db8::1", "documentation"],
    ["fc00::1", "unique local"],
    ["fd00:ec2::254", "metadata service"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local with a zone"],
    ["fec0::1", "site-local"],
    ["ff02::1", "multicast"],
    ["4000::1", "not allocated"],
    ["example.com", "a name"],
    ["", "nothing"],
  ])("refuses %s: %s", (address) => {
    expect(isGlobalAddress(address)).toBe(false);
  });

  it("judges NAT64 by the IPv4 address inside, whichever it is", () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff_ffff }), (number) => {
        const bytes = [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
        const groups = [(number >>> 16).toString(16), (number & 0xffff).toString(16)];
        expect(isGlobalAddress(`64:ff9b::${groups.join(":")}`)).toBe(isGlobalAddress(bytes.join(".")));
        expect(isGlobalAddress(`::ffff:${bytes.join(".")}`)).toBe(false);
      }),
    );
  });
});
