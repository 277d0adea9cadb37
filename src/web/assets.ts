// Styles and scripts are read once and served under one hash of all their bytes, so that browsers may cache them for ever:
// a script imports its neighbours by name, and so finds them under the same hash.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'

export type Asset = { readonly body: Uint8Array<ArrayBuffer>; readonly type: string }

/** The files that pages link to. */
export type Assets = {
  readonly hash: string
  /** `/assets/3f2a…/andon.css` */
  path(name: string): string
  find(name: string): Asset | null
}

const PUBLIC_DIRECTORY = resolve(import.meta.dirname, '../../public')
const PACKAGES = createRequire(import.meta.url)
const PARSER_DIRECTORY = dirname(PACKAGES.resolve('eventsource-parser'))
const OWN = [
  'andon.css',
  'andon.js',
  'andon.schema.json',
  'board.js',
  'escape.js',
  'icon.svg',
  'live.js',
  'notifier.js',
  'notify-button.js',
  'openapi.json',
  'seen-lights.js',
  'service-worker.js',
  'toasts.js',
  'page-clock.js',
  'push.js',
  'reload.js',
  'setup.js',
  'stream-connection.js',
  'stream-hub.js',
  'stream-tab.js',
  'stream-worker.js',
  'swap.js',
]
const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(OWN.map((name) => [name, join(PUBLIC_DIRECTORY, name)])),
  'eventsource-parser.js': join(PARSER_DIRECTORY, 'parse.js'),
  // The parser imports it by this name.
  'errors.js': join(PARSER_DIRECTORY, 'errors.js'),
  'htmx.js': join(dirname(PACKAGES.resolve('htmx.org')), 'htmx.min.js'),
}
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/schema+json',
  '.svg': 'image/svg+xml; charset=utf-8',
}

export function loadAssets(): Assets {
  const assets = new Map(Object.entries(FILES).map(([name, path]) => [name, loadAsset(name, path)]))
  const digest = createHash('sha256')
  for (const { body } of assets.values()) digest.update(body)
  const hash = digest.digest('hex').slice(0, 16)
  return {
    hash,
    path: (name) => `/assets/${hash}/${name}`,
    find: (name) => assets.get(name) ?? numberedIcon(assets.get('icon.svg'), name),
  }
}

function loadAsset(name: string, path: string): Asset {
  const body = Uint8Array.from(readFileSync(path))
  return { body, type: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream' }
}

/** `icon-12.svg`: the icon with how many need a person. The security policy lets no script draw one. */
function numberedIcon(icon: Asset | undefined, name: string): Asset | null {
  const number = /^icon-([1-9]\d?)\.svg$/.exec(name)?.[1]
  if (icon === undefined || number === undefined) return null
  const mark =
    '<circle cx="21" cy="21" r="11" fill="#f0616d"/>' +
    `<text x="21" y="26" font-family="sans-serif" font-size="14" font-weight="700" text-anchor="middle">${number}</text>`
  const body = Buffer.from(icon.body).toString().replace('</svg>', `${mark}</svg>`)
  return { body: Uint8Array.from(Buffer.from(body)), type: icon.type }
}
