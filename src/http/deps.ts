/** Dependencies of the HTTP layer. Routes take them as a whole and pass them to operations, which need only `Deps`. */
import type { FastifyBaseLogger } from 'fastify';
import type { Intake } from '../intake/intake.ts';
import type { Deps } from '../operations/deps.ts';
import type { ReceiptReceiver } from '../domain/messaging/receipt-call.ts';
import type { AccountRules } from '../domain/user/second-factor.ts';
import type { OidcProvider, Settings } from '../domain/model/settings.ts';
import type { OpenCampaigns } from '../operations/answer/open-campaigns.ts';

export interface HttpOptions {
  /** null: nothing is logged (tests). */
  readonly logger: FastifyBaseLogger | null;
  /** Trusted sources of X-Forwarded-For and -Proto: nobody, everyone, or these addresses and networks. */
  readonly trustProxy: boolean | readonly string[];
  /** 备案号 at the foot of every page. */
  readonly icpNumber: string | null;
  /** A deployment of fictional data: every page says so. */
  readonly demo: boolean;
  /** Hosted by the judged county itself: every page says so. */
  readonly selfAdministered: boolean;
  /** Small files served at the root, by name. */
  readonly rootFiles?: ReadonlyMap<string, string>;
  readonly limits: LimitOptions;
  /** The organisation's identity provider; absent: none. */
  readonly oidc?: OidcProvider | null;
  /** Settings of the administrator at the start; absent: none. */
  readonly settings?: Settings;
  /** Folder of style sheets and scripts; default: the one beside this code. */
  readonly assets?: URL;
  /** Token that `/metrics` requires; null: there is no such page. */
  readonly metricsToken: string | null;
  /** Of the channels whose gateways call us. */
  readonly receivers?: readonly ReceiptReceiver[];
  /** What accounts must do before anything else; absent: nothing. */
  readonly accounts?: AccountRules;
}

/** Design 10: misses are limited, not people. All per minute. */
export interface LimitOptions {
  /** Unknown codes per network; also unknown pages, and requests with wrong tokens of programs and of `/metrics`. */
  readonly missesByAddress: number;
  /** Unknown codes in total before the log warns. */
  readonly missesInAll: number;
  /** Misses of one network beyond which only codes that this network has used before are looked up. */
  readonly lookupsByNetwork: number;
  /** Unknown codes in total, more than one network can make, beyond which `lookupsInAttack` applies. */
  readonly missesInAttack: number;
  /** Like `lookupsByNetwork`, while many networks guess at once. */
  readonly lookupsInAttack: number;
  /** Receipts that one network may check: each costs a search in the log. */
  readonly receiptsByNetwork: number;
  /** Log-ins through the identity provider that one network may start, and return from: each return queries the provider. */
  readonly logInsByNetwork: number;
}
export const defaultLimits: LimitOptions = {
  missesByAddress: 60,
  missesInAll: 600,
  lookupsByNetwork: 1000,
  missesInAttack: 3000,
  lookupsInAttack: 100,
  receiptsByNetwork: 600,
  logInsByNetwork: 60,
};

export interface DemoPhone {
  readonly number: string;
  /** Oldest first. */
  readonly messages: readonly { readonly text: string; readonly at: number }[];
}

export interface DemoPhones {
  /** The newest message first; at most `limit`, and how many there are. */
  list(limit: number): { readonly phones: readonly DemoPhone[]; readonly count: number };
  find(number: string): DemoPhone | undefined;
  /** What they had before a restart, as `list` gave it. */
  restore(phones: readonly DemoPhone[]): void;
}

export interface HttpDeps extends Deps {
  readonly intake: Intake;
  readonly campaigns: OpenCampaigns;
  readonly http: HttpOptions;
  /** Only in a demonstration: the messages of its gateway. */
  readonly phones?: DemoPhones;
}
