import { get as httpGet } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { boardFixture, HOSTILE, issueTakenUp } from './support/board-fixtures.ts'
import { type OpenSite, openSite, openStubBoard } from './support/site-world.ts'

const opened: OpenSite[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((site) => site.close()))
})

async function site(...words: Parameters<typeof openSite>): Promise<OpenSite> {
  const site = await openSite(...words)
  opened.push(site)
  return site
}

const PAGES = ['/', '/acme/widgets', '/acme/widgets/issues/42']
const JSONS = ['/api/pipelines', '/api/pipelines/acme/widgets/42']

describe('a page', () => {
  test.each(PAGES)(
    '%s is complete without JavaScript: a title, one main heading, tables with captions',
    async (path) => {
      const { url } = await site(openStubBoard().reader)
      const response = await fetch(url + path)
      const html = await response.text()
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8')
      expect(html.match(/<h1/g)).toHaveLength(1)
      expect(html).toMatch(path.includes('/issues/') ? /<ol class="timeline"/ : /<table[^>]*> <caption/)
      expect(html).toContain('<html lang="en"')
    },
  )

  test.each([...PAGES, ...JSONS, '/nope'])(
    '%s is never cached by a browser and has the strict security policy',
    async (path) => {
      const { url } = await site(openStubBoard().reader)
      const { headers } = await fetch(url + path)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' https://avatars.githubusercontent.com; connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
    },
  )

  test.each(PAGES)('%s has no inline script, style or handler', async (path) => {
    const { url } = await site(openStubBoard().reader)
    const html = await (await fetch(url + path)).text()
    expect(html).not.toMatch(/<style|<[^>]+\sstyle=|<script(?![^>]+src=)/)
    expect(html.replace(/&[^;]+;/g, '')).not.toMatch(/<[^>]+\son\w+=/)
  })

  test('shows a hostile title as text, without the characters that reverse text', async () => {
    const { url } = await site(
      openStubBoard([boardFixture({ id: 1, issue: 7, events: [issueTakenUp({ issue: 7, title: HOSTILE, at: 3 })] })])
        .reader,
    )
    for (const path of ['/', '/acme/widgets/issues/7']) {
      const html = await (await fetch(url + path)).text()
      expect(html).toContain('&lt;script&gt;alert(2)&lt;/script&gt;')
      expect(html).not.toMatch(/<script>alert|<img src=x|<hx-partial|\u202e/)
    }
  })

  test('says which database it uses and that access is open', async () => {
    const { url } = await site(openStubBoard().reader, { databaseNotice: 'embedded database in .andon' })
    for (const path of [...PAGES, '/nope']) {
      const html = await (await fetch(url + path)).text()
      expect(html).toContain('embedded database in .andon')
      expect(html).toContain('open access')
    }
  })

  test('of an empty board says how to put an issue on the line', async () => {
    const { url } = await site(openStubBoard([]).reader)
    const html = await (await fetch(url)).text()
    expect(html).toContain('label an issue <code>andon</code>')
    expect(html).toContain('class="empty">')
    expect(await (await fetch(`${url}/`)).text()).not.toContain('<tr id="pipeline-')
  })

  test('of one repository shows only its rows, in whatever case its name is written', async () => {
    const { url } = await site(openStubBoard().reader)
    const html = await (await fetch(`${url}/ACME/api`)).text()
    expect(html).toContain('#12')
    expect(html).not.toContain('#42')
    expect(html).toContain('data-query="repository=acme%2Fapi"')
  })

  test('of an issue shows every stage, its attempts with their runs, and its history, newest first', async () => {
    const { url } = await site(openStubBoard().reader)
    const html = await (await fetch(`${url}/acme/widgets/issues/42`)).text()
    expect(html.match(/class="stage is-\w+/g)).toEqual(
      ['done', 'failed', 'idle', 'idle'].map((s) => `class="stage is-${s}`),
    )
    expect(html).toContain('https://github.com/acme/widgets/actions/runs/102')
    const story = html.slice(html.indexOf('id="history"'))
    const places = ['2nd run', '1st run', '@olga'].map((words) => story.indexOf(words))
    expect(places.every((place, nth) => place > (places[nth - 1] ?? 0))).toBe(true)
  })

  test('answers HEAD like GET, without a body', async () => {
    const { url } = await site(openStubBoard().reader)
    for (const path of [...PAGES, ...JSONS, '/healthz', '/events']) {
      const response = await fetch(url + path, { method: 'HEAD' })
      expect([path, response.status, await response.text()]).toEqual([path, 200, ''])
    }
  })
})

describe('a bad request', () => {
  test.each([
    ['/nope', 404, 'install the App'],
    ['/health', 404, 'There is no such page'],
    ['/a/b/c', 404, 'There is no such page'],
    ['/%00', 404, 'There is no such page'],
    ['/acme/nothing', 404, 'install the App'],
    ['/api/nothing', 404, 'There is no such page'],
    ['/health/anything', 404, 'There is no such page'],
    ['/acme/widgets/issues/999', 404, '/andon start'],
    ['/acme/widgets/issues/abc', 400, 'whole number'],
    ['/acme/widgets/issues/99999999999', 400, 'whole number'],
    ['/api/pipelines?light=purple', 400, 'running, review, queued, failed, done, idle'],
    ['/api/pipelines?repository=widgets', 400, 'owner/repo'],
    ['/api/pipelines?repository=acme/nothing', 404, 'install the App'],
    ['/api/pipelines/acme/widgets/999', 404, '/andon start'],
    ['/api/pipelines/acme/widgets/0', 400, 'whole number'],
    ['/events?as=xml', 400, 'as=json'],
    ['/events?issue=4', 400, 'repository=owner/repo'],
    ['/events?repository=acme/widgets&issue=999', 404, '/andon start'],
    ['/assets/0/passwd', 404, 'no such file'],
    ['/%E0%A4%A/x', 400, 'owner/repo'],
  ])('%s is refused with %i and a sentence that says what to do', async (path, status, words) => {
    const { url } = await site(openStubBoard().reader)
    const response = await rawGet(url, path)
    expect(response.status).toBe(status)
    expect(response.text.replaceAll('&quot;', '"')).toContain(words)
    const json = response.type.startsWith('application/json')
    expect(json).toBe(/^\/(api|events)/.test(path))
    if (json) expect(JSON.parse(response.text)).toEqual({ error: expect.stringMatching(/^[A-Z].*\.$/) })
  })

  test.each([...PAGES, ...JSONS, '/events', '/healthz', '/readyz', '/metrics'])(
    'a POST to %s is refused with the allowed methods',
    async (path) => {
      const { url } = await site(openStubBoard().reader)
      const response = await fetch(url + path, { method: 'POST', body: 'x' })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('GET, HEAD')
    },
  )
})

describe('while the database is unavailable', () => {
  test.each(PAGES)('%s answers 503 with a page that reloads itself', async (path) => {
    const factory = openStubBoard()
    factory.setUnavailable(true)
    const { url } = await site(factory.reader)
    const response = await fetch(url + path)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.text()).toContain('<meta http-equiv="refresh" content="5">')
  })

  test.each(JSONS)('%s answers 503 as JSON', async (path) => {
    const factory = openStubBoard()
    factory.setUnavailable(true)
    const { url } = await site(factory.reader)
    const response = await fetch(url + path)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.json()).toEqual({ error: expect.stringContaining('database') })
  })

  test('the process is alive but not ready, and what cannot be counted is not counted as zero', async () => {
    const factory = openStubBoard()
    const { url } = await site(factory.reader)
    const before = await (await fetch(`${url}/metrics`)).text()
    expect(before).toContain('andon_pipelines{light="running"} 6')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    factory.setUnavailable(true)
    const health = await fetch(`${url}/healthz`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      degraded: ['the database cannot be read'],
      database: { reachable: false },
    })
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toEqual({ ready: false, reason: expect.stringContaining('database') })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('andon_database_reachable 0')
    expect(metrics).not.toMatch(/^andon_(pipelines|needs_you|held)[ {]/m)
  })
})

describe('without sign-in', () => {
  test('a closed board shows one page that says how to open it, and neither names nor rows', async () => {
    const { url } = await site(openStubBoard().reader, { access: 'login' })
    for (const path of PAGES) {
      const response = await fetch(url + path)
      const html = await response.text()
      expect(response.status).toBe(403)
      expect(html).toContain('ANDON_ACCESS=open')
      expect(html).not.toMatch(/acme|Retry on flaky/)
    }
    for (const path of [...JSONS, '/events']) {
      const response = await fetch(url + path)
      expect(response.status).toBe(403)
      expect(await response.json()).toEqual({ error: expect.stringContaining('closed') })
    }
  })

  test('deliveries, probes and metrics are still served', async () => {
    const { url } = await site(openStubBoard().reader, { access: 'login' })
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(url + path)).status).toBe(200)
    expect((await fetch(`${url}/api/github/webhooks`, { method: 'POST' })).status).toBe(202)
  })
})

test('the metrics name no repository, and routes are patterns', async () => {
  const { url } = await site(openStubBoard().reader)
  for (const path of [...PAGES, ...JSONS, '/acme/secret-project']) await fetch(url + path)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).not.toMatch(/acme|widgets|secret/)
  expect(metrics).toContain('route="/:owner/:repo/issues/:number"')
  expect(metrics).toContain('andon_needs_you 6')
})

test('an asset is cached for ever under its own hash, and served uncached under another; the schema has no hash', async () => {
  const { url } = await site(openStubBoard().reader)
  const html = await (await fetch(url)).text()
  const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
  expect(paths.map((path) => path.split('/').at(-1)).sort()).toEqual([
    'andon.css',
    'andon.js',
    'board.js',
    'htmx.js',
    'icon.svg',
  ])
  for (const path of paths) {
    const response = await fetch(url + path)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const other = await fetch(url + path.replace(/\/assets\/\w+/, '/assets/0000'))
    expect([other.status, other.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await other.text()).toBe(await response.text())
  }
  const schema = await fetch(`${url}/assets/andon.schema.json`)
  expect(await schema.json()).toMatchObject({ properties: { stages: { type: 'object' } } })
})

// fetch normalizes a path before sending it; an attacker's client does not.
function rawGet(url: string, path: string): Promise<{ status: number; type: string; text: string }> {
  const { port } = new URL(url)
  return new Promise((resolve, reject) => {
    httpGet({ host: '127.0.0.1', port, path }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text }),
      )
    }).on('error', reject)
  })
}
