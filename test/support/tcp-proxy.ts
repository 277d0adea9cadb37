// A TCP proxy whose connections die as connections do: without a word, with a reset, or by leading somewhere else.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type TcpProxy = {
  /** The same URL, through the proxy. */
  readonly url: string
  /** Swallows everything on the connections that are open, and never closes them; new ones work. */
  silence(): void
  /** Accepts new connections, and swallows them, too, until `heal`. */
  silenceAll(): void
  /** Resets every connection; new ones work. */
  cut(): void
  /** Resets every connection, also new ones, until `heal`. */
  refuse(): void
  /** New connections work again; silent ones stay so. */
  heal(): void
  /** New connections lead to another server; the open ones stay where they are. */
  moveTo(url: string): void
  /** How many connections were opened through it. */
  opened(): number
  close(): Promise<void>
}

type Pair = { readonly inner: Socket; readonly outer: Socket | null; isSilent: boolean }

export async function openTcpProxy(url: string): Promise<TcpProxy> {
  let target = new URL(url)
  let mode: 'works' | 'silent' | 'refuses' = 'works'
  let opened = 0
  const pairs = new Set<Pair>()

  const server = createServer((inner) => {
    opened++
    inner.on('error', () => undefined)
    if (mode === 'refuses') return void inner.resetAndDestroy()
    const outer = mode === 'silent' ? null : connect(Number(target.port), target.hostname)
    const pair: Pair = { inner, outer, isSilent: mode === 'silent' }
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

  const cut = () => {
    for (const { inner, outer } of pairs) {
      outer?.destroy()
      inner.resetAndDestroy()
    }
  }
  const silence = () => {
    for (const pair of pairs) pair.isSilent = true
  }
  return {
    url: through.href,
    silence,
    silenceAll() {
      silence()
      mode = 'silent'
    },
    cut,
    refuse() {
      mode = 'refuses'
      cut()
    },
    heal() {
      mode = 'works'
    },
    moveTo(next) {
      target = new URL(next)
    },
    opened: () => opened,
    async close() {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
