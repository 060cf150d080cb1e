/** Programs that some tests need: Chromium, a Java runtime, strace, Python 3, Net::SMPP, Kannel and two proxies, used as the machine has them. Tests install nothing; `npm run test:setup` does. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { findBinaries } from './postgres-binaries.ts';

/** Only Debian has the browser without windows as a package of its own. */
const isDebian =
  existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

const packages = {
  chromium: [isDebian ? 'chromium-headless-shell' : 'chromium'],
  fonts: ['fonts-noto-cjk'],
  java: ['default-jre-headless'],
  strace: ['strace'],
  python: ['python3'],
  smsc: ['libnet-smpp-perl'],
  kannel: ['kannel'],
  postgres: ['postgresql'],
  nginx: ['nginx-light'],
  caddy: ['caddy'],
} as const;

export const installCommand = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${Object.values(packages).flat().join(' ')}`;

const headlessShell = '/usr/bin/chromium-headless-shell';

/** CHROMIUM_PATH, or where distributions put it. The browser without windows does the same work in half of the processor time. */
export function findChromium(): string | undefined {
  const places = [
    process.env['CHROMIUM_PATH'],
    headlessShell,
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

/** The first on the PATH. */
const findOnPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((place) => existsSync(place));

export const findStrace = (): string | undefined => findOnPath('strace');
export const findPython = (): string | undefined => findOnPath('python3');

/** Perl with Net::SMPP. */
export const hasNetSmpp = (): boolean =>
  spawnSync('perl', ['-MNet::SMPP', '-e', '1'], { stdio: 'ignore' }).status === 0;
/** Debian keeps daemons out of a user's PATH. */
const findDaemon = (name: string): string | undefined =>
  findOnPath(name) ?? [`/usr/sbin/${name}`].find((place) => existsSync(place));
export const findNginx = (): string | undefined => findDaemon('nginx');
export const findCaddy = (): string | undefined => findDaemon('caddy');
export function findKannel(): { readonly bearerbox: string; readonly smsbox: string } | undefined {
  const [bearerbox, smsbox] = ['bearerbox', 'smsbox'].map(findDaemon);
  return bearerbox !== undefined && smsbox !== undefined ? { bearerbox, smsbox } : undefined;
}

export const findFirefox = (): string | undefined =>
  ['firefox', 'firefox-esr'].map(findOnPath).find((path) => path !== undefined);
/** WebKitGTK's driver, the browser that comes with it, and the screen that it needs. */
export function findWebKit():
  { readonly driver: string; readonly browser: string; readonly xvfb: string } | undefined {
  const driver = findOnPath('WebKitWebDriver');
  const xvfb = findOnPath('xvfb-run');
  const browser = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
    .flatMap((machine) =>
      ['4.1', '4.0'].map((version) => `/usr/lib/${machine}/webkit2gtk-${version}/MiniBrowser`),
    )
    .find((place) => existsSync(place));
  return driver !== undefined && xvfb !== undefined && browser !== undefined
    ? { driver, browser, xvfb }
    : undefined;
}
export const otherBrowsersCommand =
  'sudo apt-get install -y --no-install-recommends firefox-esr webkit2gtk-driver xvfb xauth';

/** As far as fontconfig can tell. Without a Chinese font, pages are measured with boxes in place of characters. */
function hasChineseFont(): boolean {
  const { status, stdout } = spawnSync('fc-list', [':lang=zh'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() !== '' : process.platform !== 'linux';
}

/** Debian packages of what is not there. */
export function missingPackages(): readonly string[] {
  return [
    ...(findChromium() === undefined ? packages.chromium : []),
    ...(hasChineseFont() ? [] : packages.fonts),
    ...(findJava() === undefined ? packages.java : []),
    ...(findStrace() === undefined ? packages.strace : []),
    ...(findPython() === undefined ? packages.python : []),
    ...(hasNetSmpp() ? [] : packages.smsc),
    ...(findKannel() === undefined ? packages.kannel : []),
    ...(findBinaries() === undefined ? packages.postgres : []),
  ];
}

/** Those without which tests take twice as long, or are skipped. */
export const furtherPackages = (): readonly string[] => [
  ...(isDebian && !existsSync(headlessShell) ? packages.chromium : []),
  ...(findNginx() === undefined ? packages.nginx : []),
  ...(findCaddy() === undefined ? packages.caddy : []),
];

export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
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
      ...more,
    ],
  });
}
