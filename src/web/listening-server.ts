// The one HTTP server of a process. What answers may be replaced while it listens: the pages of the setup by Andon, and
// Andon by one with other credentials.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that has not arrived whole by then is ended, whatever it is for. GitHub gives up after 10 s. */
const ARRIVAL = { requestTimeout: 15_000, headersTimeout: 10_000, connectionsCheckingInterval: 1_000 }

export type ListeningServer = {
  /** From now on, `handle` answers every new request. */
  answerWith(handle: RequestListener): void
  /** Resolves to the port. */
  listen(port: number, host: string): Promise<number>
  /** Accepts no connection any more; closes those that are left when every request has been answered. */
  close(answered: () => Promise<unknown>): Promise<void>
}

export function openListeningServer(first: RequestListener, arrival: typeof ARRIVAL = ARRIVAL): ListeningServer {
  let handle = first
  const server = createServer(arrival, (request, response) => handle(request, response))
  return {
    answerWith(next) {
      handle = next
    },
    async listen(port, host) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, resolve)
      })
      return (server.address() as AddressInfo).port
    },
    async close(answered) {
      // Before streams end: their clients reconnect at once.
      const closed = new Promise((resolve) => server.close(resolve))
      await answered()
      // Only idle connections are left, which browsers keep open in reserve.
      server.closeAllConnections()
      await closed
    },
  }
}
