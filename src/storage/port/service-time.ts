import type { ServiceTime } from '../../domain/service-time.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface ServiceTimeReader {
  readTime(): Promise<ServiceTime>;
}

export interface ServiceTimeWriter {
  /**
   * Stores the current time (domain/service-time.ts); a jump goes into the trail. `elapsed`: by the monotonic clock, null at
   * start.
   */
  observeTime(stamp: Stamp, elapsed: number | null): Promise<ServiceTime>;
  /** A person confirms that `stamp.at` is right. */
  confirmTime(stamp: Stamp): Promise<void>;
}
