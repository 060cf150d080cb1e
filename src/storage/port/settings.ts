import type { Settings } from '../../domain/model/settings.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface SettingsReader {
  /** As saved last; `noSettings` before. */
  readSettings(): Promise<Settings>;
}
export interface SettingsWriter {
  /** Returns the settings after the change. @throws AppError invalid `settings.invalid` */
  changeSettings(stamp: Stamp, patch: Partial<Settings>): Promise<Settings>;
}
