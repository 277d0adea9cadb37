// Styles and scripts are read once and served under the hash of their bytes, so that browsers may cache them for ever.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'

export type Asset = { readonly body: Uint8Array<ArrayBuffer>; readonly type: string; readonly hash: string }

/** The files that pages link to. */
export type Assets = {
  /** `/assets/3f2a…/andon.css` */
  path(name: string): string
  find(name: string): Asset | null
}

const PUBLIC_DIRECTORY = resolve(import.meta.dirname, '../../public')
const HTMX_DIRECTORY = dirname(createRequire(import.meta.url).resolve('htmx.org'))
// htmx looks for extensions as soon as it runs: in the same file, the SSE extension is always there.
const FILES: Readonly<Record<string, readonly string[]>> = {
  'andon.css': [join(PUBLIC_DIRECTORY, 'andon.css')],
  'andon.js': [join(PUBLIC_DIRECTORY, 'andon.js')],
  'icon.svg': [join(PUBLIC_DIRECTORY, 'icon.svg')],
  'andon.schema.json': [join(PUBLIC_DIRECTORY, 'andon.schema.json')],
  'htmx.js': [join(HTMX_DIRECTORY, 'htmx.min.js'), join(HTMX_DIRECTORY, 'ext/hx-sse.min.js')],
}
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/schema+json',
  '.svg': 'image/svg+xml; charset=utf-8',
}

export function loadAssets(): Assets {
  const assets = new Map(Object.entries(FILES).map(([name, paths]) => [name, loadAsset(name, paths)]))
  return {
    path: (name) => `/assets/${assets.get(name)?.hash}/${name}`,
    find: (name) => assets.get(name) ?? null,
  }
}

function loadAsset(name: string, paths: readonly string[]): Asset {
  const body = Uint8Array.from(Buffer.from(paths.map((path) => readFileSync(path, 'utf8')).join('\n')))
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
  return { body, hash, type: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream' }
}
