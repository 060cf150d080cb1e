/** compose.yaml as Docker Compose reads it: variables put in, anchors merged, services of the chosen profiles. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly ulimits?: Readonly<Record<string, number>>;
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly ipv4_address?: string } | null>>;
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly depends_on?:
    readonly string[] | Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly command?: string;
  readonly entrypoint?: readonly string[];
  readonly hostname?: string;
  readonly user?: string;
  readonly healthcheck?: object;
  readonly cap_drop?: readonly string[];
}
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
  readonly networks: Readonly<
    Record<
      string,
      {
        readonly ipam: { readonly config: readonly { readonly subnet: string; readonly ip_range: string }[] };
      }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}
type Environment = Readonly<Record<string, string>>;

const place = new URL('../../compose.yaml', import.meta.url);

/** `${NAME}`, `${NAME:-default}`, `${NAME:+instead}`, `${NAME:?complaint}`; `$$` is a dollar. None stands within another here. */
export function interpolate(text: string, environment: Environment): string {
  return text.replace(
    /\$(?:(\$)|\{(\w+)(?::([-+?])([^}]*))?\}|(\w+))/g,
    (_, dollar: string | undefined, name?: string, how?: string, word = '', bare?: string) => {
      if (dollar !== undefined) return '$';
      const value = environment[name ?? bare!] ?? '';
      if (how === '?' && value === '') throw new Error(word);
      if (how === '-') return value === '' ? word : value;
      if (how === '+') return value === '' ? '' : word;
      return value;
    },
  );
}

/** All values, but no names. */
function put(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') return interpolate(value, environment);
  if (Array.isArray(value)) return value.map((v) => put(v, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, put(v, environment)]));
}

/** @throws Error what a variable that has to be set complains of */
export function readCompose(environment: Environment): ComposeFile {
  return put(parse(readFileSync(place, 'utf8'), { merge: true }), environment) as ComposeFile;
}

/** What `docker compose up` starts. */
export function startedServices(
  file: ComposeFile,
  profiles: readonly string[],
): ReadonlyMap<string, ComposeService> {
  return new Map(
    Object.entries(file.services).filter(
      ([, s]) => s.profiles === undefined || s.profiles.some((p) => profiles.includes(p)),
    ),
  );
}
