/** Settings of the installation that an administrator changes on a page. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { logoTypeOf, type Settings } from '../../domain/model/settings.ts';
import { stamp, type Deps } from '../deps.ts';

export async function viewSettings(deps: Deps, actor: Actor): Promise<Settings> {
  assertMay(actor, 'settings.edit');
  return deps.storage.readSettings();
}

export type SettingsPatch = {
  readonly [K in keyof Omit<Settings, 'logo'>]?: Settings[K] | undefined;
} & {
  /** The file's bytes; null: removes the logo. */
  readonly logo?: Uint8Array | null;
};

/** @throws AppError invalid `settings.invalid` naming each fault */
export async function changeSettings(deps: Deps, actor: Actor, patch: SettingsPatch): Promise<Settings> {
  assertMay(actor, 'settings.edit');
  const { logo, ...rest } = patch;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return deps.storage.changeSettings(stamp(deps, actor), {
    ...(Object.fromEntries(given) as Partial<Settings>),
    ...(logo !== undefined && {
      logo: logo && { type: logoTypeOf(logo), base64: Buffer.from(logo).toString('base64') },
    }),
  });
}
