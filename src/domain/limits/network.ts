/**
 * The network of an address, by which attempts are counted. This is an IPv4 address itself, or the first 64 bits of an IPv6
 * address, because the holder of one address of such a network has all of them (RFC 6177). IPv4 written as IPv6
 * (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is IPv4. Text that is not an address is returned as it is, and counted like any other
 * key.
 */
export function networkOf(address: string): string {
  const [text = ''] = address.trim().toLowerCase().split('%');
  if (!text.includes(':')) return text;
  const groups = groupsOf(text);
  if (groups === undefined) return text;
  if (groups.slice(0, 5).every((g) => g === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((g) => g.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address; undefined if it is not one. */
function groupsOf(text: string): readonly number[] | undefined {
  const dotted = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dotted) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    return groupsOf(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  return all.every((g) => /^[0-9a-f]{1,4}$/.test(g)) ? all.map((g) => parseInt(g, 16)) : undefined;
}
