/** What the tests use of the package, which brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';
  export default class Provider {
    constructor(
      issuer: string,
      configuration: {
        readonly clients: readonly object[];
        readonly claims: Readonly<Record<string, readonly string[]>>;
        readonly conformIdTokenClaims: boolean;
        readonly cookies: object;
        readonly ttl: Readonly<Record<string, number>>;
        findAccount(context: unknown, id: string): object;
      },
    );
    callback(): RequestListener;
  }
}
