/** Firefox and WebKit as one small interface: what a journey of somebody who answers needs, with the script on or off. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';
import { Builder, By, Capabilities } from 'selenium-webdriver';
import { findFirefox, findWebKit } from '../support/programs.ts';
import { phone } from './browser.ts';

export interface Tab {
  goto(address: string): Promise<void>;
  address(): Promise<string>;
  /** Of the first such element as it is shown; null: there is none. */
  text(selector: string): Promise<string | null>;
  value(selector: string): Promise<string>;
  isChecked(selector: string): Promise<boolean>;
  count(selector: string): Promise<number>;
  /** Presses the first, as a finger does. */
  press(selector: string): Promise<void>;
  type(selector: string, text: string): Promise<void>;
  back(): Promise<void>;
  /** Closes it, and opens another one that finds what this one kept on the device. */
  reopen(): Promise<Tab>;
}

export interface Engine {
  readonly name: string;
  /** Runs `work` in a new profile, before the service at `origin`. */
  withTab(origin: string, script: boolean, work: (tab: Tab, origin: string) => Promise<void>): Promise<void>;
}

const longestWaitMs = 30_000;

/** While one page follows another, elements found on the first are gone: that is looked at again. @throws after half a minute, naming what did not come */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + longestWaitMs;
  for (;;) {
    let cause: unknown;
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`${what} did not come`, { cause });
    await pause(50);
  }
}

/** The service behind it, whose pages may run no script. */
async function forbidScripts(origin: string) {
  const server = createHttpServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request(new URL(url!, origin), { method, headers }, (reply) => {
      const policy = String(reply.headers['content-security-policy'] ?? '');
      outgoing.writeHead(reply.statusCode!, {
        ...reply.headers,
        'content-security-policy': `${policy}; script-src 'none'`.replace(/script-src[^;]*(?=;)/, ''),
      });
      reply.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const firefox = (executablePath: string): Engine => ({
  name: 'Firefox',
  async withTab(origin, script, work) {
    // Its automation looks into pages by scripts, and waits for ever where they are switched off: those of the page are forbidden by its policy.
    const proxy = script ? null : await forbidScripts(origin);
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      // The content process's sandbox needs user namespaces, which containers forbid.
      env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: '1', HOME: tmpdir() },
      extraPrefsFirefox: { 'intl.accept_languages': 'zh-CN' },
    });
    type Page = Awaited<ReturnType<typeof browser.newPage>>;
    const open = async (): Promise<Tab> => {
      const page: Page = await browser.newPage();
      await page.setViewport(phone);
      const find = (selector: string) => page.$(selector);
      const must = async (selector: string) => {
        const found = await find(selector);
        if (!found) throw new Error(`${selector} is not there`);
        return found;
      };
      return {
        goto: async (address) => void (await page.goto(address)),
        address: async () => page.url(),
        async text(selector) {
          const found = await find(selector);
          return found && (await found.evaluate((e: any) => e.innerText as string));
        },
        value: async (selector) => (await must(selector)).evaluate((e: any) => e.value as string),
        isChecked: async (selector) => (await must(selector)).evaluate((e: any) => e.checked as boolean),
        count: async (selector) => (await page.$$(selector)).length,
        press: async (selector) => (await must(selector)).click(),
        type: async (selector, text) => (await must(selector)).type(text),
        back: async () => void (await page.goBack()),
        async reopen() {
          const next = await open();
          await page.close();
          return next;
        },
      };
    };
    try {
      await work(await open(), proxy?.origin ?? origin);
    } finally {
      await browser.close();
      proxy?.close();
    }
  },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Signals the whole group: the browser's own processes do not end with their parent. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await ended;
}

const webKit = (paths: { driver: string; browser: string; xvfb: string }): Engine => ({
  name: 'WebKit',
  async withTab(origin, script, work) {
    const home = mkdtempSync(join(tmpdir(), 'manyi-webkit-'));
    const port = await freePort();
    // It has no mode without windows.
    const driver = spawn(paths.xvfb, ['-a', paths.driver, `--port=${port}`], {
      stdio: 'ignore',
      detached: true,
      env: {
        ...process.env,
        HOME: home,
        // xvfb-run leaves a folder there when it is ended.
        TMPDIR: home,
        XDG_DATA_HOME: join(home, 'data'),
        LANG: 'zh_CN.UTF-8',
        LANGUAGE: 'zh_CN',
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        LIBGL_ALWAYS_SOFTWARE: '1',
      },
    });
    const server = `http://127.0.0.1:${port}`;
    try {
      await eventually('WebKitWebDriver', async () =>
        fetch(`${server}/status`).then(
          (reply) => reply.ok,
          () => false,
        ),
      );
      const session = await new Builder()
        .usingServer(server)
        .withCapabilities(
          new Capabilities({
            browserName: 'MiniBrowser',
            'webkitgtk:browserOptions': {
              binary: paths.browser,
              args: ['--automation', `--enable-javascript=${script ? 'TRUE' : 'FALSE'}`],
            },
          }),
        )
        .build();
      const find = async (selector: string) => (await session.findElements(By.css(selector)))[0];
      const must = async (selector: string) => {
        const found = await find(selector);
        if (!found) throw new Error(`${selector} is not there`);
        return found;
      };
      const tab: Tab = {
        goto: (address) => session.get(address),
        address: () => session.getCurrentUrl(),
        text: async (selector) => (await (await find(selector))?.getText()) ?? null,
        value: async (selector) => (await (await must(selector)).getAttribute('value')) ?? '',
        isChecked: async (selector) => (await must(selector)).isSelected(),
        count: async (selector) => (await session.findElements(By.css(selector))).length,
        press: async (selector) => (await must(selector)).click(),
        type: async (selector, text) => (await must(selector)).sendKeys(text),
        back: () => session.navigate().back(),
        async reopen() {
          const [old] = await session.getAllWindowHandles();
          await session.switchTo().newWindow('window');
          const fresh = await session.getWindowHandle();
          await session.switchTo().window(old!);
          await session.close();
          await session.switchTo().window(fresh);
          return tab;
        },
      };
      try {
        await session.manage().window().setRect({ x: 0, y: 0, width: phone.width, height: 800 });
        await work(tab, origin);
      } finally {
        await session.quit();
      }
    } finally {
      await end(driver);
      rmSync(home, { recursive: true, force: true });
    }
  },
});

/** Those that are installed. */
export function otherEngines(): readonly { readonly name: string; readonly engine: Engine | null }[] {
  const path = findFirefox();
  const paths = findWebKit();
  return [
    { name: 'Firefox', engine: path === undefined ? null : firefox(path) },
    { name: 'WebKit', engine: paths === undefined ? null : webKit(paths) },
  ];
}
