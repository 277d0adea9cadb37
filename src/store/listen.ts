import pg from 'pg'

const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 5_000

/**
 * Listens on its own connection and reconnects when that breaks. `lost` is called when the connection is lost and
 * reconnect once there is a new one: notifications in between are lost.
 */
export async function listenOn(
  url: string,
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
    try {
      await fresh.connect()
      await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`)
    } catch (error) {
      await fresh.end().catch(() => undefined)
      throw error
    }
    fresh.once('end', reconnectLater)
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
