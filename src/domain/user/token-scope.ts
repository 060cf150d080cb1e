/** What a token for programs may be used for. It never has more rights than the account that made it. */

export const tokenScopes = ['campaigns', 'rolls', 'codes', 'figures', 'evidence', 'administration'] as const;
export type TokenScope = (typeof tokenScopes)[number];

export const longestTokenDays = 366;

const pattern = /^manyi_([0-9a-hjkmnp-tv-z]{12})_([A-Za-z0-9_-]{43})$/;

/** As shown once: `manyi_<id>_<secret>`, the secret in URL-safe base 64. */
export function formatToken(id: string, secret: Uint8Array): string {
  return `manyi_${id}_${Buffer.from(secret).toString('base64url')}`;
}

/** Undefined if it does not have that form. */
export function parseToken(text: string): { readonly id: string; readonly secret: Uint8Array } | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, id = '', secret = ''] = match;
  return { id, secret: new Uint8Array(Buffer.from(secret, 'base64url')) };
}
