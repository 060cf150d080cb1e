/** Addresses of a PostgreSQL database with several servers: a primary and its standbys. */

/**
 * One address for each server, in the given order, of `postgres://user@a:5432,b:5432/name` or
 * `postgres://user@/name?host=a,b&port=5432,5433`, as in libpq. A single port, or none, applies to all.
 * @returns null: not a PostgreSQL address with a database name
 */
export function databaseAddresses(text: string): readonly string[] | null {
  const parts = /^(postgres(?:ql)?:\/\/)((?:[^/?#]*@)?)([^/?#@]*)(\/[^/?#]+)((?:\?[^#]*)?)$/i.exec(text);
  if (!parts) return null;
  const [, scheme, user, authority, name, search] = parts as unknown as string[];
  const urls = authority!.split(',').map((host) => `${scheme}${user}${host}${name}${search}`);
  if (!urls.every((url) => URL.canParse(url))) return null;
  if (urls.length > 1 && urls.some((url) => new URL(url).hostname === '')) return null;
  const parameters = new URL(urls[0]!).searchParams;
  const hosts = parameters.get('host')?.split(',');
  const ports = parameters.get('port')?.split(',');
  const count = hosts?.length ?? urls.length;
  // Only one of the two forms can name several.
  if ((hosts && urls.length > 1) || (count > 1 && hosts?.includes('') === true)) return null;
  if (ports && ports.length !== 1 && ports.length !== count) return null;
  if (count > 1 && !['read-write', 'primary', null].includes(parameters.get('target_session_attrs')))
    return null;
  if (count === 1) return [text];
  return Array.from({ length: count }, (_, i) => {
    const url = new URL(urls[i] ?? urls[0]!);
    if (hosts) url.searchParams.set('host', hosts[i]!);
    if (ports) url.searchParams.set('port', ports[i] ?? ports[0]!);
    return url.href;
  });
}
