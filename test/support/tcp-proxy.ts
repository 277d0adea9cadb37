// A TCP proxy whose connections die without a word.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type TcpProxy = {
  /** The same URL, through the proxy. */
  readonly url: string
  /** Swallows everything on the connections that are open, and never closes them; new ones work. */
  silence(): void
  /** Accepts new connections, and swallows them, too, until `heal`. */
  silenceAll(): void
  /** New connections work again; silent ones stay so. */
  heal(): void
  /** How many connections were opened through it. */
  opened(): number
  close(): Promise<void>
}

type Pair = { readonly inner: Socket; readonly outer: Socket | null; isSilent: boolean }

export async function openTcpProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url)
  let isSilent = false
  let opened = 0
  const pairs = new Set<Pair>()

  const server = createServer((inner) => {
    opened++
    inner.on('error', () => undefined)
    const outer = isSilent ? null : connect(Number(target.port), target.hostname)
    const pair: Pair = { inner, outer, isSilent }
    pairs.add(pair)
    inner.on('data', (chunk) => pair.isSilent || outer?.write(chunk))
    outer?.on('data', (chunk) => pair.isSilent || inner.write(chunk))
    outer?.on('error', () => inner.destroy())
    // What has gone silent does not even say that it has ended.
    outer?.on('close', () => pair.isSilent || inner.destroy())
    inner.on('close', () => {
      pairs.delete(pair)
      outer?.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  const silence = () => {
    for (const pair of pairs) pair.isSilent = true
  }
  return {
    url: through.href,
    silence,
    silenceAll() {
      silence()
      isSilent = true
    },
    heal() {
      isSilent = false
    },
    opened: () => opened,
    async close() {
      server.close()
      for (const { inner, outer } of pairs) {
        outer?.destroy()
        inner.resetAndDestroy()
      }
      await once(server, 'close')
    },
  }
}
