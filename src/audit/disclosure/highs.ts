/** HiGHS, loaded once. */
import loader, { type Highs, type InitOptions } from 'highs';

// The types describe the CommonJS build, where the loader is a property. As an ES module it is the default export.
const load = loader as unknown as (options?: InitOptions) => Promise<Highs>;
let loaded: Promise<Highs> | undefined;

export function loadHighs(): Promise<Highs> {
  loaded ??= load();
  return loaded;
}
