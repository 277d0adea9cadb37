import pg from 'pg'
import type { BoundedConnections } from './bounded-connections.ts'

const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 5_000
/** A connection that only listens would not notice that it is dead: it says something, and must be answered. */
const HEARTBEAT_MS = 5_000
const BOUNDS = { answerMs: 4_000, transactionMs: 4_000 }

/**
 * Listens on its own connection and reconnects when that breaks. `lost` is called when the connection is lost and
 * reconnect once there is a new one: notifications in between are lost.
 */
export async function listenOn(
  { url, connections }: { readonly url: string; readonly connections: BoundedConnections },
  channel: string,
  notified: (payload: string) => void,
  lost: () => void,
): Promise<() => Promise<void>> {
  let stopped = false
  let waitMs = FIRST_RECONNECT_MS
  let timer: NodeJS.Timeout | null = null
  let client = await connect()

  async function connect(): Promise<pg.Client> {
    const fresh = new pg.Client({
      connectionString: url,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: MAX_RECONNECT_MS,
    })
    fresh.on('notification', ({ payload }) => notified(payload ?? ''))
    fresh.on('error', () => undefined)
    const listen = () => fresh.query(`listen ${fresh.escapeIdentifier(channel)}`)
    try {
      await fresh.connect()
      connections.bound(fresh, BOUNDS)
      await listen()
    } catch (error) {
      await fresh.end().catch(() => undefined)
      throw error
    }
    const heartbeat = setInterval(() => void listen().catch(() => undefined), HEARTBEAT_MS)
    fresh.once('end', () => {
      clearInterval(heartbeat)
      reconnectLater()
    })
    waitMs = FIRST_RECONNECT_MS
    return fresh
  }

  function reconnectLater(): void {
    if (stopped) return
    lost()
    reconnect()
  }

  function reconnect(): void {
    timer = setTimeout(async () => {
      try {
        client = await connect()
        if (stopped) await client.end()
        else lost()
      } catch {
        waitMs = Math.min(waitMs * 2, MAX_RECONNECT_MS)
        if (!stopped) reconnect()
      }
    }, waitMs)
  }

  return async () => {
    stopped = true
    clearTimeout(timer ?? undefined)
    await client.end().catch(() => undefined)
  }
}
