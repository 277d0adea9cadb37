import type { RequestListener } from 'node:http'
import { openListeningServer } from '../../src/web/listening-server.ts'

export type WithServer<T> = T & { /** Resolves to the port. */ listen(port?: number): Promise<number> }

/** The same, with a server of its own that closes with it. */
export function withServer<T extends { readonly handle: RequestListener; close(): Promise<void> }>(
  opened: T,
): WithServer<T> {
  const server = openListeningServer(opened.handle)
  let listens = false
  return {
    ...opened,
    listen(port = 0) {
      listens = true
      return server.listen(port, '127.0.0.1')
    },
    close: () => (listens ? server.close(opened.close) : opened.close()),
  }
}
