// Senders and readers that knock at Andon's HTTP door, as GitHub and people's browsers do.
import { createHmac } from 'node:crypto'
import { Agent, request } from 'node:http'
import { SECRET } from './processes.ts'

/** One POST of a delivery, ready to go out: sent again, it is the same delivery. */
export type Parcel = {
  readonly guid: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Signs a payload as GitHub does. */
export function parcel(o: { name: string; guid: string; payload: unknown; hookId?: number }): Parcel {
  const body = Buffer.from(JSON.stringify(o.payload))
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  return {
    guid: o.guid,
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': `${body.length}`,
      'x-github-event': o.name,
      'x-github-delivery': o.guid,
      'x-github-hook-id': `${o.hookId ?? 1}`,
      'x-hub-signature-256': `sha256=${signature}`,
      'user-agent': 'GitHub-Hookshot/test',
    },
  }
}

export type Knocker = {
  /** The status of the answer; 0 when there was none. */
  post(url: string, parcel: Parcel): Promise<number>
  get(url: string): Promise<{ status: number; body: string }>
  close(): void
}

/** Keeps its connections, as GitHub's hook service and browsers do. */
export function openKnocker(timeoutMs = 30_000): Knocker {
  const agent = new Agent({ keepAlive: true })

  function call(url: string, o: { method: string; headers?: Parcel['headers']; body?: Buffer }) {
    return new Promise<{ status: number; body: string }>((resolve) => {
      const nothing = () => resolve({ status: 0, body: '' })
      const req = request(url, { agent, method: o.method, headers: o.headers, timeout: timeoutMs }, (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.once('error', nothing).once('aborted', nothing)
        res.once('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      req.once('timeout', () => req.destroy(new Error('no answer in time')))
      req.once('error', nothing)
      req.end(o.body)
    })
  }

  return {
    post: async (url, { headers, body }) =>
      (await call(`${url}/api/github/webhooks`, { method: 'POST', headers, body })).status,
    get: (url) => call(url, { method: 'GET' }),
    close: () => agent.destroy(),
  }
}

/** Lets `hands` workers take the items in order until none is left. */
export async function inParallel<T>(
  hands: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  async function hand(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index)
  }
  await Promise.all(Array.from({ length: hands }, hand))
}

/** Counts answers by status, for a sentence and for an expectation. */
export function tally(): {
  add(status: number): void
  of(status: number): number
  over(status: number): number
  all(): Record<string, number>
} {
  const counts = new Map<number, number>()
  return {
    add: (status) => void counts.set(status, (counts.get(status) ?? 0) + 1),
    of: (status) => counts.get(status) ?? 0,
    over: (least) => [...counts].reduce((sum, [status, count]) => sum + (status >= least ? count : 0), 0),
    all: () => Object.fromEntries([...counts].sort(([a], [b]) => a - b)),
  }
}
