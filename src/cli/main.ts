#!/usr/bin/env node
import { run } from './run.ts';

const code = await run(process.argv.slice(2), process.env);
// `serve` returns while the service runs, or has itself reported why it does not.
if (code !== 0) process.exitCode = code;
