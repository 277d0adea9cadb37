// Senders and readers at Andon's HTTP door, like GitHub and browsers.
import { Agent, request } from 'node:http'
import type { SignedDelivery } from './deliveries.ts'

export type HttpAnswer = { readonly status: number; readonly body: string }

export type HttpClient = {
  /** Posts a delivery; the status is 0 when there was no answer. */
  post(url: string, delivery: SignedDelivery): Promise<HttpAnswer>
  get(url: string): Promise<HttpAnswer>
  close(): void
}

/** Keeps its connections open, as GitHub's hook service and browsers do. */
export function openHttpClient(timeoutMs = 30_000): HttpClient {
  const agent = new Agent({ keepAlive: true })

  function call(url: string, method: string, headers: Record<string, string>, body?: Uint8Array): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const nothing = () => resolve({ status: 0, body: '' })
      const req = request(url, { agent, method, headers, timeout: timeoutMs }, (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.once('error', nothing).once('aborted', nothing)
        res.once('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      req.once('timeout', () => req.destroy(new Error('no answer in time')))
      req.once('error', (error: NodeJS.ErrnoException) => {
        // The server has just closed this idle connection: it received nothing, so the request is sent again.
        if (req.reusedSocket && error.code === 'ECONNRESET') resolve(call(url, method, headers, body))
        else nothing()
      })
      req.end(body)
    })
  }

  return {
    post: (url, { headers, body }) =>
      call(`${url}/api/github/webhooks`, 'POST', { ...headers, 'content-length': `${body.length}` }, body),
    get: (url) => call(url, 'GET', {}),
    close: () => agent.destroy(),
  }
}

/** `hands` workers take the items in order until none is left. */
export async function forEachConcurrently<T>(
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

export type StatusCounter = { add(status: number): void; counts(): Readonly<Record<string, number>> }

/** Counts answers by status. */
export function statusCounter(): StatusCounter {
  const counts = new Map<number, number>()
  return {
    add: (status) => void counts.set(status, (counts.get(status) ?? 0) + 1),
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => a - b)),
  }
}
