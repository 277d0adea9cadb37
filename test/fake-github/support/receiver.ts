// Somebody who is told: keeps every delivery with its headers, and answers what the test wants.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedDelivery = {
  readonly event: string
  readonly action: string | undefined
  readonly guid: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly payload: Readonly<Record<string, unknown>>
}

export type Receiver = {
  readonly url: string
  readonly received: readonly ReceivedDelivery[]
  /** `issues.opened workflow_run.requested …`, in the order of arrival. */
  names(): string
  respondWith(status: number): void
  close(): Promise<void>
}

export async function openReceiver(): Promise<Receiver> {
  const received: ReceivedDelivery[] = []
  let status = 202
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString('utf8')
    const payload = JSON.parse(body)
    received.push({
      event: String(request.headers['x-github-event']),
      action: payload.action,
      guid: String(request.headers['x-github-delivery']),
      headers: request.headers,
      body,
      payload,
    })
    response.writeHead(status).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/github/webhooks`,
    received,
    names: () => received.map(({ event, action }) => (action ? `${event}.${action}` : event)).join(' '),
    respondWith(next) {
      status = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
