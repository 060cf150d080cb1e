// Loaded before the service: on SIGUSR2 its writer thread, and nothing else, is killed.
import { syncBuiltinESMExports } from 'node:module';
import workers from 'node:worker_threads';

const held = [];
const Original = workers.Worker;
workers.Worker = class extends Original {
  constructor(file, options) {
    super(file, options);
    if (options?.workerData?.role === 'writer') held.push(this);
  }
};
syncBuiltinESMExports();
process.on('SIGUSR2', () => {
  for (const worker of held) void worker.terminate();
});
