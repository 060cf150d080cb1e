/** What the HTTP layer is handed. Routes take it whole and pass it on to operations, which need only `Deps`. */
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
  /** Whom to believe about X-Forwarded-For and -Proto: nobody, everybody, or these addresses and networks. */
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
  /** The organisation's identity provider; left out: there is none. */
  readonly oidc?: OidcProvider | null;
  /** What an administrator set, as it was at the start; left out: nothing. */
  readonly settings?: Settings;
  /** Folder of style sheets and scripts; left out: the one beside this code. */
  readonly assets?: URL;
  /** What `/metrics` asks for; null: there is no such page. */
  readonly metricsToken: string | null;
  /** Of the channels whose gateways call us. */
  readonly receivers?: readonly ReceiptReceiver[];
  /** What accounts have to do before anything else; left out: nothing. */
  readonly accounts?: AccountRules;
}

/** Design 10: misses are limited, not people. Everything per minute. */
export interface LimitOptions {
  /** Unknown codes that one network may ask for; unknown pages, with wrong tokens of programs and of `/metrics`. */
  readonly missesByAddress: number;
  /** Unknown codes from everywhere together before the log is warned. */
  readonly missesInAll: number;
  /** Misses of one network beyond which no code is looked up that this network has not used before. */
  readonly lookupsByNetwork: number;
  /** Unknown codes from everywhere together, more than one network can make, beyond which `lookupsInAttack` holds. */
  readonly missesInAttack: number;
  /** As `lookupsByNetwork`, while guessing goes on from many networks at once. */
  readonly lookupsInAttack: number;
  /** Receipts that one network may check: each costs a search in the log. */
  readonly receiptsByNetwork: number;
  /** Log-ins through the identity provider that one network may begin, and come back from: each of these asks the provider. */
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
  /** Of a demonstration alone: what its gateway was given. */
  readonly phones?: DemoPhones;
}
