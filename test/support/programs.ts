/** Programs of the machine that some tests need: a Chromium and a Java runtime, used as they are; the tests download nothing. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const packages = { chromium: ['chromium', 'fonts-noto-cjk'], java: ['default-jre-headless'] } as const;

export const installCommand = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${Object.values(packages).flat().join(' ')}`;

/** CHROMIUM_PATH, or where distributions put it. */
export function findChromium(): string | undefined {
  const places = [
    process.env['CHROMIUM_PATH'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return places.find((place) => place !== undefined && place !== '' && existsSync(place));
}

/** Of JAVA_HOME, or the first on the PATH. */
export function findJava(): string | undefined {
  const home = process.env['JAVA_HOME'];
  const folders = [
    ...(home === undefined || home === '' ? [] : [join(home, 'bin')]),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.map((folder) => join(folder, 'java')).find((place) => existsSync(place));
}

/** Debian packages of what is not there. */
export function missingPackages(): readonly string[] {
  return [
    ...(findChromium() === undefined ? packages.chromium : []),
    ...(findJava() === undefined ? packages.java : []),
  ];
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`Chromium is missing. Get it with: ${installCommand}`);
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
