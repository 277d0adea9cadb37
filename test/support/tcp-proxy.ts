// A TCP proxy whose connections die without a word, are cut or refused, or lead to another server.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type TcpProxy = {
  /** The same URL, through the proxy. */
  readonly url: string
  /** Swallows everything on the connections that are open, and never closes them; new ones work. */
  silence(): void
  /** Accepts new connections, and swallows them, too, until `heal`. */
  silenceAll(): void
  /** Resets the connections that are open; new ones work. */
  cut(): void
  /** Resets new connections, too, until `heal`. */
  refuseAll(): void
  /** New connections lead to the host and port of this URL, as a name does that was moved. */
  leadTo(url: string): void
  /** New connections work again; silent ones stay so. */
  heal(): void
  /** How many connections were opened through it. */
  opened(): number
  close(): Promise<void>
}

type Pair = { readonly inner: Socket; readonly outer: Socket | null; isSilent: boolean }

export async function openTcpProxy(url: string): Promise<TcpProxy> {
  let target = new URL(url)
  let accepts: 'all' | 'none' | 'in silence' = 'all'
  let opened = 0
  const pairs = new Set<Pair>()

  const server = createServer((inner) => {
    opened++
    inner.on('error', () => undefined)
    if (accepts === 'none') return void inner.resetAndDestroy()
    const isSilent = accepts === 'in silence'
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
  const cut = () => {
    for (const { inner, outer } of pairs) {
      outer?.destroy()
      inner.resetAndDestroy()
    }
  }
  return {
    url: through.href,
    silence,
    silenceAll() {
      silence()
      accepts = 'in silence'
    },
    cut,
    refuseAll() {
      accepts = 'none'
      cut()
    },
    leadTo(other) {
      target = new URL(other)
    },
    heal() {
      accepts = 'all'
    },
    opened: () => opened,
    async close() {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
