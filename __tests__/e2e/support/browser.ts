import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { findProgram } from '../../../cli/machine/find-program';

/** Nothing but the page: no look-ups of its own, no sandbox, which root has not. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How a person looks at a page. */
export interface Look {
  readonly width: number;
  readonly height?: number;
  readonly scheme: 'light' | 'dark';
}

export function startChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (!executablePath) throw new Error('chromium is not installed');
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a file, and returns what the browser complained of and asked the network for, which should be nothing. */
export async function openFile(browser: Browser, path: string, look: Look): Promise<{ page: Page; faults: string[] }> {
  const url = pathToFileURL(path).href;
  const page = await browser.newPage({
    viewport: { width: look.width, height: look.height ?? 900 },
    colorScheme: look.scheme,
    deviceScaleFactor: 1,
  });
  const faults: string[] = [];
  page.on('console', message => faults.push(`console: ${message.text()}`));
  page.on('pageerror', error => faults.push(`error: ${error.message}`));
  page.on('dialog', dialog => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', request => {
    if (request.url() !== url && !request.url().startsWith('data:')) faults.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** Pixels that the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
}

/** Visible texts whose contrast with what is behind them is below 4.5:1, as WCAG 2.1 AA asks for; and how many were looked at. */
export function lowContrast(page: Page): Promise<{ readonly texts: number; readonly low: readonly string[] }> {
  return page.evaluate(`(() => {
    const numbers = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
    const luminance = colour => {
      const [r, g, b] = numbers(colour).map(value => value / 255).map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const isOpaque = colour => colour.startsWith('rgb(');
    const behind = element => {
      if (element.tagName === 'text') {
        const at = element.getBoundingClientRect();
        const boxes = [...element.ownerSVGElement.querySelectorAll('rect.box')].filter(box => {
          const place = box.getBoundingClientRect();
          return place.left <= at.left && place.right >= at.left && place.top <= at.top && place.bottom >= at.bottom;
        });
        if (boxes.length > 0) return getComputedStyle(boxes.at(-1)).fill;
      }
      for (let each = element; each; each = each.parentElement) {
        const colour = getComputedStyle(each).backgroundColor;
        if (isOpaque(colour)) return colour;
      }
      return 'rgb(255, 255, 255)';
    };
    const low = [];
    let texts = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || element.tagName === 'title' || element.getClientRects().length === 0) continue;
      texts++;
      const style = getComputedStyle(element);
      const [a, b] = [luminance(element.tagName === 'text' ? style.fill : style.color), luminance(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) low.push(ratio.toFixed(2) + ' ' + walker.currentNode.data.trim());
    }
    return { texts, low };
  })()`);
}

/**
 * How much two PNG pictures differ, from 0 to 1: the mean difference of their pixels after both were made small, so that the edges
 * of letters, which differ between machines, hardly count; 1 when their sizes differ by more than a twentieth.
 */
export async function pictureDifference(browser: Browser, one: Buffer, other: Buffer): Promise<number> {
  const page = await browser.newPage();
  const sources = JSON.stringify([one, other].map(each => `data:image/png;base64,${each.toString('base64')}`));
  try {
    return await page.evaluate(`(async () => {
      const images = await Promise.all(${sources}.map(async src => { const image = new Image(); image.src = src; await image.decode(); return image; }));
      const [a, b] = images;
      if (Math.abs(a.width - b.width) > a.width / 20 || Math.abs(a.height - b.height) > a.height / 20) return 1;
      const [width, height] = [90, Math.round(90 * a.height / a.width)];
      const [first, second] = images.map(image => {
        const canvas = document.createElement('canvas');
        canvas.width = width;
        canvas.height = height;
        const context = canvas.getContext('2d');
        context.imageSmoothingQuality = 'high';
        context.drawImage(image, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
      });
      return first.reduce((sum, value, index) => sum + Math.abs(value - second[index]), 0) / first.length / 255;
    })()`);
  } finally {
    await page.close();
  }
}
